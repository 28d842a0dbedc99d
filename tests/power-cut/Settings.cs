namespace Skiff.PowerCut;

/// <summary>What a campaign is asked for.</summary>
/// <param name="Cuts">How many.</param>
/// <param name="Seed">Decides every choice; what the guest does in which millisecond, nobody decides.</param>
/// <param name="WindowMs">A cut comes at most so long after the work began.</param>
/// <param name="Image">A file with an empty filesystem, to begin with.</param>
/// <param name="Directory">For sockets, and the guest's console.</param>
/// <param name="Command">QEMU, without the disk and the second serial line.</param>
internal sealed record Settings(
    int Cuts, int Seed, int WindowMs, string Image, string Directory, IReadOnlyList<string> Command)
{
    /// <summary>Failures after which the rest is not worth waiting for.</summary>
    public int MostFailures => 5;
}
