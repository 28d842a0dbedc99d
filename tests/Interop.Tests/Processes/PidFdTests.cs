using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

[Collection(LaunchCollection.Name)]
public class PidFdTests
{
    [Theory]
    [InlineData("exit 0", 0, 0)]
    [InlineData("exit 255", 255, 0)]
    [InlineData("kill -TERM $$", 0, 15)]
    [InlineData("kill -KILL $$", 0, 9)]
    public void Exit_status_tells_code_from_signal(string script, int code, int signal)
    {
        ExitStatus status = Run.Captured("/bin/sh", ["sh", "-c", script], []).Status;
        Assert.Equal(new ExitStatus(code, signal, false), status);
        Assert.Equal(signal == 0 ? code : 128 + signal, status.ShellCode);
    }

    [Fact]
    public void A_running_child_is_not_reaped_and_a_killed_one_is_once()
    {
        using LaunchedProcess child = Sleep();
        Assert.False(child.PidFd.TryWait(out _));
        child.PidFd.SendSignal(Signals.SIGTERM);
        while (!child.PidFd.TryPeek(out _)) Thread.Yield();
        Assert.True(child.PidFd.TryWait(out ExitStatus status));
        Assert.Equal("signal SIGTERM", status.ToString());
        Assert.Equal(Errno.ESRCH, child.PidFd.TrySendSignal(Signals.SIGTERM));
        Assert.Equal(Errno.ECHILD, Assert.Throws<LinuxException>(() => child.PidFd.Wait()).Errno);
    }

    [Fact]
    public void A_process_is_found_again_by_id_and_start_time_only()
    {
        using LaunchedProcess child = Sleep();
        try
        {
            Assert.Equal(Errno.None, PidFd.TryReadStartTime(child.Pid, out ulong started));
            Assert.Equal(Errno.None, PidFd.TryOpen(child.Pid, started, out PidFd? found));
            found!.Dispose();
            Assert.Equal(Errno.ESRCH, PidFd.TryOpen(child.Pid, started + 1, out _));
        }
        finally
        {
            child.PidFd.SendSignal(Signals.SIGKILL);
            child.PidFd.Wait();
        }
        Assert.Equal(Errno.ESRCH, PidFd.TryOpen(child.Pid, out _));
        Assert.Equal(Errno.ESRCH, PidFd.TryReadStartTime(child.Pid, out _));
    }

    [Fact]
    public void Start_time_is_field_22_of_stat_whatever_the_name_holds()
    {
        Assert.Equal(Errno.None, PidFd.TryReadStartTime(1, out ulong started));
        string output = Run.Captured("/usr/bin/awk", ["awk", "{ sub(/.*\\) /, \"\"); print $20 }", "/proc/1/stat"],
            []).Output;
        Assert.Equal($"{started}\n", output);
    }

    private static LaunchedProcess Sleep()
    {
        using var program = new LaunchProgram();
        program.ResetSignals();
        program.ExecVe("/bin/sleep", ["sleep", "30"], []);
        return Launcher.Start(program);
    }
}
