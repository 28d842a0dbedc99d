using System.Text;
using Skiff.Agent.Monitor.Logs;
using Skiff.Interop;

namespace Skiff.Agent.Tests.Monitor.Logs;

public class LogQueueTests
{
    private readonly RecordingDriver _driver = new();

    [Fact]
    public void A_full_queue_says_so_and_loses_nothing()
    {
        byte[] piece = Encoding.ASCII.GetBytes(new string('x', 999) + "\n");
        _driver.Gate.Reset();
        int sent = 0;
        using (LogQueue queue = Open(bytes: 10_000, drops: false))
        {
            for (; sent == 0; sent++) queue.Append(1, piece, 1);
            Assert.True(_driver.Entered.Wait(10_000));
            for (; !queue.IsFull; sent++) queue.Append(1, piece, 1);
            Assert.Equal(11, sent); // Pieces have headers, and the driver has one.
            Assert.Equal(0UL, queue.Resumed.Take());
            _driver.Gate.Set();
            Assert.NotEqual(PollEvents.None, Files.Poll(queue.Resumed.Fd, PollEvents.POLLIN, 10_000));
            Assert.False(queue.IsFull);
        }
        Assert.Equal(sent * 1000, _driver.Text(1).Length);
    }

    [Fact]
    public void A_queue_that_drops_is_never_full_and_tells_what_is_missing()
    {
        _driver.Gate.Reset();
        long bytes = 0;
        using (LogQueue queue = Open(bytes: 10_000, drops: true))
        {
            for (int i = 0; i < 1000; i++)
            {
                byte[] line = Encoding.ASCII.GetBytes($"line {i}\n");
                bytes += line.Length;
                queue.Append(1, line, 1);
                Assert.False(queue.IsFull);
            }
            _driver.Gate.Set();
        }
        string kept = _driver.Text(1), told = _driver.Text(2);
        Assert.Equal(string.Concat(Enumerable.Range(0, kept.Count(c => c == '\n')).Select(i => $"line {i}\n")), kept);
        Assert.Contains($"skiff: {bytes - kept.Length} bytes of the log are missing here", told);
        Assert.Contains("max-buffer-size", told);
    }

    [Fact]
    public void What_the_ring_wraps_around_stays_as_it_was()
    {
        var expected = new StringBuilder();
        using (LogQueue queue = Open(bytes: 5000, drops: false))
            for (int i = 0; i < 2000; i++)
            {
                string line = new string((char)('a' + i % 26), 1 + i % 700) + "\n";
                expected.Append(line);
                while (queue.IsFull) Files.Poll(queue.Resumed.Fd, PollEvents.POLLIN, 10_000);
                queue.Resumed.Take();
                queue.Append(1, Encoding.ASCII.GetBytes(line), 1);
            }
        Assert.Equal(expected.ToString(), _driver.Text(1));
    }

    private LogQueue Open(int bytes, bool drops) => new(new LogWriter(new LossyDriver(_driver)), null, bytes, drops);
}
