using Skiff.Interop;

namespace Skiff.Layers.Archives;

/// <summary>A file, or a directory with all that is below it, that <see cref="TreeTransfer"/> reads.</summary>
/// <param name="Directory">The directory that it is in, or itself. Not owned.</param>
/// <param name="Name">Its name there; empty for the directory itself.</param>
/// <param name="NewName">What it is called in the tar; <c>.</c> for no name of its own.</param>
/// <param name="ForeignMount">Id of a mount that is shown as an empty directory; 0 for none.</param>
/// <param name="Owners">How its owners are numbered in the tar; null: as they are.</param>
public readonly record struct TreeSource(Fd Directory, byte[] Name, byte[] NewName, ulong ForeignMount = 0,
    OwnerMap? Owners = null);
