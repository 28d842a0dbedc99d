using Skiff.Agent.Manager;
using Skiff.Interop;

namespace Skiff.Agent.Rootless;

/// <summary>Where a user's state is, by the XDG Base Directory Specification.</summary>
internal static class UserDirectories
{
    private const uint OwnerOnly = 0x1C0; // 0700

    /// <summary>$XDG_DATA_HOME/skiff, by default ~/.local/share/skiff; made here, for its owner alone.</summary>
    public static string Durable()
    {
        string? data = Absolute("XDG_DATA_HOME");
        if (data is null && Absolute("HOME") is { } home) data = $"{home}/.local/share";
        if (data is null) throw new UsageException(
            "no place for images and containers: set HOME or XDG_DATA_HOME to an absolute path, or use --root", 125);
        string directory = $"{data}/skiff";
        Files.MakeDirectories(directory, OwnerOnly);
        return directory;
    }

    /// <summary>
    /// $XDG_RUNTIME_DIR/skiff, by default /run/user/UID/skiff, else /tmp/skiff-UID; made here. One that somebody else
    /// could have made or can write to is refused.
    /// </summary>
    public static string Volatile(uint user)
    {
        foreach (string? candidate in (ReadOnlySpan<string?>)[Absolute("XDG_RUNTIME_DIR"), $"/run/user/{user}"])
            if (candidate is not null && IsOwn(candidate, user)) return Made($"{candidate}/skiff", user);
        return Made($"/tmp/skiff-{user}", user);
    }

    private static string Made(string directory, uint user)
    {
        Files.MakeDirectories(directory, OwnerOnly);
        return IsOwn(directory, user) ? directory : throw new UsageException(
            $"{directory} is not a directory of user {user} alone: remove it, or set XDG_RUNTIME_DIR to a directory "
            + "of yours with mode 0700", 125);
    }

    private static bool IsOwn(string path, uint user) =>
        Files.TryStatAt(Fd.Cwd, path, AtFlags.AT_SYMLINK_NOFOLLOW, out FileStatus status) == Errno.None
        && status.IsDirectory && status.Uid == user && (status.Permissions & 0x3F) == 0;

    private static string? Absolute(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { } path && path.StartsWith('/') ? path.TrimEnd('/') : null;
}
