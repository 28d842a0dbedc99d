using Skiff.Agent.Monitor;

namespace Skiff.Agent.Tests.Monitor;

public sealed class EventLoopTests
{
    private const int NeverMs = 3_600_000;

    [Theory]
    [InlineData(64 << 10, 4)]
    [InlineData(0, 0)]
    public void A_loop_that_is_never_idle_gives_memory_back_by_what_it_has_allocated(int bytes, int least)
    {
        using var loop = new EventLoop();
        int rounds = 0, given = 0;
        byte[] garbage = [];
        loop.After(0, Work);
        loop.Run(() => given++, NeverMs, NeverMs);
        Assert.True(given >= least && (least > 0 || given == 0), $"{given} times, of {garbage.Length} bytes");

        void Work()
        {
            garbage = new byte[bytes];
            if (++rounds == 100) loop.End();
            else loop.After(1, Work);
        }
    }
}
