using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci;

/// <summary>
/// A program that could not be executed, with the words of Go's library in front: engines choose their exit code by
/// them.
/// </summary>
internal static class ExecFailure
{
    private const int ExitNotExecutable = 126, ExitNotFound = 127;

    /// <summary>The error.</summary>
    /// <param name="name">The program as it was asked for.</param>
    /// <param name="errno">Why not.</param>
    /// <param name="detail">What is known besides.</param>
    public static UsageException Of(string name, Errno errno, string detail)
    {
        bool isMissing = errno is Errno.ENOENT or Errno.ENOTDIR;
        string words = errno switch
        {
            Errno.EACCES or Errno.EPERM => "permission denied",
            _ when !isMissing => "cannot be executed",
            _ when name.Contains('/') => "no such file or directory",
            _ => "executable file not found in $PATH",
        };
        return new UsageException($"exec: \"{name}\": {words}: {detail}", isMissing ? ExitNotFound
            : ExitNotExecutable);
    }

    /// <summary>As the other form.</summary>
    public static UsageException Of(string name, LaunchException e) => Of(name, e.Errno, e.Message);
}
