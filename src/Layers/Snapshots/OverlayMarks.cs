namespace Skiff.Layers.Snapshots;

/// <summary>
/// The extended attributes by which overlayfs knows what a directory hides: <c>trusted.overlay.*</c>, or
/// <c>user.overlay.*</c> for an overlay that is mounted in a user namespace (mount option userxattr, Linux 5.11).
/// </summary>
public static class OverlayMarks
{
    private static bool s_areUsers;

    /// <summary>For the rest of this process; before anything is read or written.</summary>
    public static void UseUserAttributes() => s_areUsers = true;

    /// <summary>Hides what lower layers have in the directory.</summary>
    internal static ReadOnlySpan<byte> Opaque =>
        s_areUsers ? "user.overlay.opaque"u8 : "trusted.overlay.opaque"u8;

    /// <summary>Says that the directory may hold whiteouts.</summary>
    internal static ReadOnlySpan<byte> Origin =>
        s_areUsers ? "user.overlay.origin"u8 : "trusted.overlay.origin"u8;

    /// <summary><see cref="Opaque"/> as text.</summary>
    internal static string OpaqueName => s_areUsers ? "user.overlay.opaque" : "trusted.overlay.opaque";

    /// <summary>
    /// Whether a layer's device nodes are whiteouts: in a user namespace nobody makes others, and a container there has
    /// no use for them.
    /// </summary>
    internal static bool HidesDevices => s_areUsers;

    /// <summary>How the names of all of them begin.</summary>
    internal static string Prefix => s_areUsers ? "user.overlay." : "trusted.overlay.";

    /// <summary>Whether a name is one of theirs.</summary>
    internal static bool Has(ReadOnlySpan<byte> name) =>
        name.StartsWith(s_areUsers ? "user.overlay."u8 : "trusted.overlay."u8);
}
