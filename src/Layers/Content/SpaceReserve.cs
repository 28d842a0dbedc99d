using System.Globalization;
using Skiff.Interop;

namespace Skiff.Layers.Content;

/// <summary>
/// Space and inodes set aside in <c>ROOT/reserve</c> for what must work on a full disk: removals, and recording what
/// has happened. Made of pieces, so that every step that is short of space takes one, and no two take the same. What
/// can wait until there is space, such as a pull, never takes any.
/// </summary>
/// <param name="root">The durable state root.</param>
public sealed class SpaceReserve(string root)
{
    /// <summary>How many steps may be short of space before anything is removed.</summary>
    public const int Pieces = 16;

    /// <summary>Size of one piece in bytes: many times the largest record, in blocks of any size.</summary>
    public const int PieceBytes = 64 << 10;

    // With less space than this, what was made would have to be given up again at once.
    private const long WantedFreeBytes = 2L * Pieces * PieceBytes;
    private const long WantedFreeInodes = 4L * Pieces;

    private readonly string _directory = Path.Join(root, "reserve");

    /// <summary>Whether a call failed for want of space, inodes or quota.</summary>
    public static bool IsFull(Errno errno) => errno is Errno.ENOSPC or Errno.EDQUOT;

    /// <summary>
    /// Makes what is missing of the reserve when the filesystem has room for it. Costs one stat when it is whole. Never
    /// fails: without space there is no reserve, and everything else goes on.
    /// </summary>
    public void Ensure()
    {
        // Pieces are taken from the last one on and made from the first one on.
        if (Files.Exists(PathOf(Pieces - 1))) return;
        try
        {
            Files.MakeDirectories(root);
            if (Files.TryStatFs(root, out FilesystemStatus status) != Errno.None || !HasRoom(status)) return;
            Files.MakeDirectories(_directory, 0x1C0);
            for (int piece = 0; piece < Pieces; piece++)
                if (!Files.Exists(PathOf(piece))) Make(PathOf(piece));
        }
        catch (LinuxException e) when (IsFull(e.Errno) || e.Errno == Errno.EROFS)
        {
            // Whoever needs space for more than this says so.
        }
    }

    /// <summary>
    /// Does a step, and does it again with a piece of the reserve as often as it fails for want of space, until there
    /// is no piece left.
    /// </summary>
    /// <param name="step">Leaves nothing behind when it throws.</param>
    public void Spend(Action step)
    {
        while (true)
        {
            try
            {
                step();
                return;
            }
            catch (LinuxException e) when (IsFull(e.Errno) && TryGiveUpPiece())
            {
            }
        }
    }

    private bool TryGiveUpPiece()
    {
        for (int piece = Pieces - 1; piece >= 0; piece--)
            if (Files.TryUnlinkAt(Fd.Cwd, PathOf(piece)) == Errno.None) return true;
        return false;
    }

    private static bool HasRoom(in FilesystemStatus status) => status.AvailableBytes >= WantedFreeBytes
        && (status.TotalInodes == 0 || status.FreeInodes >= WantedFreeInodes);

    private static void Make(string path)
    {
        try
        {
            using Fd fd = Files.Open(path, OpenFlags.O_WRONLY | OpenFlags.O_CREAT, 0x180);
            Errno errno = Files.TryFallocate(fd, 0, PieceBytes, keepSize: false);
            // Old network filesystems cannot; there, written bytes take the space.
            if (errno == Errno.EOPNOTSUPP) Files.WriteAll(fd, new byte[PieceBytes]);
            else if (errno != Errno.None) throw new LinuxException(errno, "fallocate", path);
        }
        catch
        {
            Files.TryUnlinkAt(Fd.Cwd, path);
            throw;
        }
    }

    private string PathOf(int piece) => Path.Join(_directory, piece.ToString(CultureInfo.InvariantCulture));
}
