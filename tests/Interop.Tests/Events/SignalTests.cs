using Skiff.Interop.Events;

namespace Skiff.Interop.Tests.Events;

public class SignalTests
{
    private const int SIGWINCH = 28;
    private const int SIGURG = 23;
    private const int SIGUSR1 = 10;

    [Fact]
    public void Mask_is_the_threads_own_and_proc_agrees()
    {
        SignalSet before = SignalMask.Current;
        Assert.Equal(before, SignalMask.Block(SignalSet.Of(SIGURG, 40)));
        try
        {
            Assert.Equal($"{before.Bits | (1ul << 22) | (1ul << 39):x16}", BlockedByProc());
            Assert.True(SignalMask.Unblock(SignalSet.Of(40)).Contains(40));
            Assert.False(SignalMask.Current.Contains(40));
        }
        finally
        {
            SignalMask.Set(before);
        }
        Assert.Equal(before, SignalMask.Current);
        Assert.Throws<ArgumentOutOfRangeException>(() => SignalSet.Of(65));
    }

    [Fact]
    public void Signal_sent_to_a_thread_that_blocks_it_comes_through_the_signalfd()
    {
        SignalSet before = SignalMask.Block(SignalSet.Of(SIGUSR1));
        try
        {
            using var signals = new SignalFd(SignalSet.Of(SIGUSR1));
            Assert.False(signals.TryTake(out _));
            // tgkill from outside: the signal is for this thread alone, so no other thread can take it.
            string script =
                "import ctypes,sys;sys.exit(ctypes.CDLL(None).syscall(234,int(sys.argv[1]),int(sys.argv[2]),10))";
            string thread = Path.GetFileName(Target("/proc/thread-self"));
            Tool.Run("python3", "-c", script, $"{Environment.ProcessId}", thread);
            Assert.Equal(PollEvents.POLLIN, Files.Poll(signals.Fd, PollEvents.POLLIN, 5000));
            Assert.True(signals.TryTake(out SignalInfo info));
            Assert.Equal((SIGUSR1, 0u), (info.Signal, info.Uid));
            Assert.True(info.Pid > 0 && info.Pid != Environment.ProcessId);
            Assert.False(signals.TryTake(out _));
        }
        finally
        {
            SignalMask.Set(before);
        }
    }

    [Fact]
    public void Signal_pipe_catches_every_signal_while_the_collector_runs()
    {
        using var stop = new CancellationTokenSource();
        var garbage = new Thread(() =>
        {
            while (!stop.IsCancellationRequested) GC.KeepAlive(new byte[100_000]);
        });
        garbage.Start();
        try
        {
            using var signals = new SignalPipe(SIGWINCH, SIGURG);
            Assert.False(signals.TryTake(out _));
            for (int i = 0; i < 100; i++)
            {
                int sent = i % 2 == 0 ? SIGWINCH : SIGURG;
                Kill(sent);
                Assert.Equal(PollEvents.POLLIN, Files.Poll(signals.Fd, PollEvents.POLLIN, 5000));
                Assert.True(signals.TryTake(out int signal));
                Assert.Equal(sent, signal);
            }
        }
        finally
        {
            stop.Cancel();
            garbage.Join();
        }
        Assert.Equal(0ul, Convert.ToUInt64(Status("SigCgt:"), 16) >> (SIGURG - 1) & 1);
        Kill(SIGURG);
    }

    private static void Kill(int signal) => Tool.Run("kill", $"-{signal}", $"{Environment.ProcessId}");

    private static string BlockedByProc() => Status("SigBlk:");

    private static string Status(string key) => File.ReadLines("/proc/thread-self/status")
        .Single(line => line.StartsWith(key, StringComparison.Ordinal))[key.Length..].Trim();

    private static string Target(string link) => Files.TryReadLink(link, out string target) ? target : "";
}
