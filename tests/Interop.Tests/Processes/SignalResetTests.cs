using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

public class SignalResetTests
{
    [Theory]
    [InlineData(false, 0UL)]
    // The kernel takes SIGKILL and SIGSTOP out.
    [InlineData(true, ~((1UL << (Signals.SIGKILL - 1)) | (1UL << (Signals.SIGSTOP - 1))))]
    public void Signals_are_unblocked_before_exec_unless_they_are_to_stay_so(bool keepBlocked, ulong blocked)
    {
        var (read, write) = Run.Pipe();
        using (read)
        {
            LaunchedProcess child;
            using (write)
            using (var program = new LaunchProgram())
            {
                program.Dup3(write, 1);
                program.CloseRange(3, onExec: true);
                program.ResetSignals(keepBlocked);
                program.ExecVe("/bin/grep", ["grep", "^SigBlk:", "/proc/self/status"], []);
                child = Launcher.Start(program);
            }
            using (child)
            {
                Assert.Equal($"SigBlk:\t{blocked:x16}\n", Run.ReadToEnd(read));
                Assert.Equal(0, child.PidFd.Wait().ShellCode);
            }
        }
    }
}
