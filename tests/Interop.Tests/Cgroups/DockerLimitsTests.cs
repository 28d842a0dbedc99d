using Skiff.Interop.Cgroups;

namespace Skiff.Interop.Tests.Cgroups;

public sealed class DockerLimitsTests
{
    // 1024 -> 100 and the end points are the anchors of the published mapping; 512 and 2048 were computed by hand from
    // it.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 1)]
    [InlineData(1024, 100)]
    [InlineData(262144, 10000)]
    [InlineData(999999, 10000)]
    [InlineData(512, 59)]
    [InlineData(2048, 174)]
    public void Cpu_shares_become_a_weight(long shares, int weight) =>
        Assert.Equal(weight, DockerLimits.CpuWeight(shares));

    [Fact]
    public void More_shares_never_mean_less_weight()
    {
        int last = 1;
        for (long shares = 2; shares <= 262144; shares += 7)
        {
            int weight = DockerLimits.CpuWeight(shares);
            Assert.InRange(weight, last, 10000);
            last = weight;
        }
    }

    [Theory]
    [InlineData(10, 1)]
    [InlineData(500, 4950)]
    [InlineData(1000, 10000)]
    public void Blkio_weight_becomes_io_weight(int blkio, int weight) =>
        Assert.Equal(weight, DockerLimits.IoWeight(blkio));

    [Theory]
    [InlineData(100, 0, 100L)]
    [InlineData(100, 100, 0L)]
    [InlineData(100, 300, 200L)]
    [InlineData(100, -1, -1L)]
    [InlineData(0, -1, -1L)]
    [InlineData(0, 0, null)]
    public void Memory_swap_counts_memory_and_swap_together(long memory, long memorySwap, long? swapMax) =>
        Assert.Equal(swapMax, DockerLimits.MemorySwapMax(memory, memorySwap));

    [Fact]
    public void Values_print_as_the_kernel_takes_them()
    {
        Assert.Equal("150000 100000", new CpuMax(150_000).ToString());
        Assert.Equal("max 100000", new CpuMax(-1).ToString());
        Assert.Equal("8:16 rbps=1048576 wiops=max",
            new IoMax(8, 16) { ReadBytesPerSecond = 1 << 20, WriteOperationsPerSecond = -1 }.ToString());
    }

    [Fact]
    public void Limits_name_the_controllers_they_need()
    {
        var limits = new CgroupLimits { MemoryOomGroup = true, PidsMax = 5, IoMax = [new IoMax(8, 0)] };
        Assert.Equal(CgroupControllers.memory | CgroupControllers.pids | CgroupControllers.io, limits.Controllers);
        Assert.Equal(CgroupControllers.None, new CgroupLimits().Controllers);
    }

    [Fact]
    public void An_io_stat_row_is_read()
    {
        Assert.True(IoStat.TryParse("253:0 rbytes=4096 wbytes=8192 rios=1 wios=2 dbytes=0 dios=0", out IoStat? row));
        Assert.Equal(new IoStat(253, 0, 4096, 8192, 1, 2), row);
        Assert.False(IoStat.TryParse("253:0", out _));
    }
}
