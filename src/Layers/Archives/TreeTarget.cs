using Skiff.Interop;

namespace Skiff.Layers.Archives;

/// <summary>A directory that <see cref="TreeTransfer"/> extracts into.</summary>
/// <param name="Root">What no path leaves. Not owned.</param>
/// <param name="Prefix">The directory in it, relative; empty for the root.</param>
/// <param name="Shown">The directory as errors name it.</param>
/// <param name="Resolve">How directories below the root are opened.</param>
/// <param name="KeepOwner">Files get the owners that the tar says, and set-id bits, capabilities and devices with
/// them; without it they are the caller's.</param>
/// <param name="Owners">How the tar numbers owners; null: as they are.</param>
/// <param name="Replaces">A directory gives way to another file of its name, and that to a directory; otherwise
/// neither takes the other's place.</param>
public readonly record struct TreeTarget(
    Fd Root, byte[] Prefix, string Shown, ResolveFlags Resolve, bool KeepOwner, OwnerMap? Owners = null,
    bool Replaces = false);
