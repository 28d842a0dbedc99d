using Skiff.Interop;
using Skiff.Layers.Content;
using Skiff.Layers.Tests.Support;

namespace Skiff.Layers.Tests.Content;

public class SpaceReserveTests
{
    [Fact]
    public void Reserve_takes_its_space_when_it_is_made()
    {
        using var root = new ScratchDirectory();
        new SpaceReserve(root.Path).Ensure();
        string[] pieces = Directory.GetFiles(root["reserve"]);
        Assert.Equal(SpaceReserve.Pieces, pieces.Length);
        foreach (string piece in pieces)
        {
            Assert.Equal(SpaceReserve.PieceBytes, new FileInfo(piece).Length);
            Assert.True(Files.Stat(piece).AllocatedBytes >= SpaceReserve.PieceBytes, $"{piece} takes no space");
        }
    }

    [Theory]
    [InlineData(Errno.ENOSPC)]
    [InlineData(Errno.EDQUOT)]
    public void Each_failure_for_want_of_space_costs_one_piece(Errno errno)
    {
        using var root = new ScratchDirectory();
        var reserve = new SpaceReserve(root.Path);
        reserve.Ensure();
        int runs = 0;
        reserve.Spend(() =>
        {
            if (++runs < 4) throw new LinuxException(errno, "write");
        });
        Assert.Equal(4, runs);
        Assert.Equal(SpaceReserve.Pieces - 3, Directory.GetFiles(root["reserve"]).Length);
        reserve.Ensure();
        Assert.Equal(SpaceReserve.Pieces, Directory.GetFiles(root["reserve"]).Length);
    }

    [Fact]
    public void Last_failure_is_told_when_nothing_is_left_to_give_up()
    {
        using var root = new ScratchDirectory();
        var reserve = new SpaceReserve(root.Path);
        reserve.Ensure();
        int runs = 0;
        var failure = Assert.Throws<LinuxException>(() => reserve.Spend(() =>
        {
            runs++;
            throw new LinuxException(Errno.ENOSPC, "write");
        }));
        Assert.Equal(Errno.ENOSPC, failure.Errno);
        Assert.Equal(SpaceReserve.Pieces + 1, runs);
        Assert.Empty(Directory.GetFiles(root["reserve"]));
    }

    [Fact]
    public void Other_failures_cost_nothing()
    {
        using var root = new ScratchDirectory();
        var reserve = new SpaceReserve(root.Path);
        reserve.Ensure();
        Assert.Throws<LinuxException>(() => reserve.Spend(() => throw new LinuxException(Errno.EIO, "write")));
        Assert.Equal(SpaceReserve.Pieces, Directory.GetFiles(root["reserve"]).Length);
    }
}
