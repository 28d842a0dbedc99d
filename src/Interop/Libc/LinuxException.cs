namespace Skiff.Interop;

/// <summary>
/// A system call that failed. The message reads <c>call(path): ERRNO (text); hint</c>; callers put what they were doing
/// in front.
/// </summary>
public class LinuxException : Exception
{
    /// <summary>Describes the failure of <paramref name="call"/>.</summary>
    /// <param name="errno">The error number.</param>
    /// <param name="call">The system call's name, with the arguments that matter.</param>
    /// <param name="path">The path, or <c>7&lt;/path&gt;</c> for an fd; null when the call has none.</param>
    /// <param name="doing">What the engine was doing, in words for its user; null when the caller adds it
    /// later.</param>
    /// <param name="detail">What the kernel itself said (netlink extended acknowledgement); before the hint.</param>
    public LinuxException(
        Errno errno, string call, string? path = null, string? doing = null, string? detail = null)
        : base(Describe(errno, call, path, doing, detail))
    {
        Errno = errno;
        Call = call;
        Path = path;
        (_doing, _detail) = (doing, detail);
    }

    /// <summary>A failure whose whole message a derived type has composed.</summary>
    private protected LinuxException(string message, Errno errno, string call, string? path) : base(message)
    {
        Errno = errno;
        Call = call;
        Path = path;
    }

    /// <summary>The error number.</summary>
    public Errno Errno { get; }

    /// <summary>The system call that failed.</summary>
    public string Call { get; }

    /// <summary>The path that the call worked on, if any.</summary>
    public string? Path { get; }

    /// <summary>The same failure with words in front that say what was being done.</summary>
    public virtual LinuxException While(string doing) =>
        new(Errno, Call, Path, _doing is null ? doing : $"{doing}: {_doing}", _detail);

    private readonly string? _doing, _detail;

    private protected static string Describe(
        Errno errno, string call, string? path, string? doing, string? detail = null)
    {
        string prefix = doing is null ? "" : doing + ": ";
        string target = path is null ? "" : $"({path})";
        string said = detail is null ? "" : "; " + detail;
        string hint = said + (ErrnoHints.For(call, errno) is { } text ? "; " + text : "");
        return $"{prefix}{call}{target}: {ErrnoText.Of(errno)}{hint}";
    }
}
