namespace Skiff.Interop.Netlink;

/// <summary>The kernel's refusal of one request of a batch.</summary>
/// <param name="Index">The request's place in the batch.</param>
/// <param name="Errno">The error number; <see cref="Errno.None"/> when all went well.</param>
/// <param name="Call">The request's name (RTM_NEWLINK).</param>
/// <param name="Target">What it was about, when it said so.</param>
/// <param name="Detail">The kernel's own words (extended acknowledgement, Linux 4.12), when it gave some.</param>
public readonly record struct NetlinkError(int Index, Errno Errno, string Call, string? Target, string? Detail)
{
    /// <summary>The refusal as an exception.</summary>
    public LinuxException ToException() =>
        new(Errno, Call, Target, detail: Detail is null ? null : $"kernel: {Detail}");
}
