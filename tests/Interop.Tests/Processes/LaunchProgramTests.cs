using Skiff.Interop.Processes;
using Skiff.Interop.Syscalls;

namespace Skiff.Interop.Tests.Processes;

[Collection(LaunchCollection.Name)]
public class LaunchProgramTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(42)]
    public void Child_exits_with_the_code_of_its_exit_step(int code)
    {
        using var program = new LaunchProgram();
        program.Exit(code);
        using LaunchedProcess child = Launcher.Start(program);
        Assert.Equal(new ExitStatus(code, 0, false), child.PidFd.Wait());
    }

    [Fact]
    public void Executed_program_gets_arguments_environment_and_descriptors()
    {
        var (output, status) = Run.Captured("/bin/sh", ["sh", "-c", "echo \"$1 $GREETING\"; exit 3", "sh", "one"],
            ["GREETING=hello"]);
        Assert.Equal("one hello\n", output);
        Assert.Equal(3, status.Code);
    }

    [Fact]
    public void Executed_program_ignores_and_blocks_no_signal()
    {
        var (output, _) = Run.Captured("/bin/grep", ["grep", "-E", "SigBlk|SigIgn", "/proc/self/status"], []);
        Assert.Equal("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n", output);
    }

    [Theory]
    [InlineData(true, "SIGKILL")]
    [InlineData(false, "what was to be done failed")]
    public void Child_that_is_killed_while_it_waits_is_what_the_launch_tells(bool isKilled, string told)
    {
        using var meeting = new LaunchMeeting(pid =>
        {
            using PidFd child = PidFd.Open(pid);
            if (isKilled)
            {
                child.SendSignal(Signals.SIGKILL);
                Assert.True(SpinWait.SpinUntil(() => child.TryPeek(out _), 5000));
            }
            throw new InvalidOperationException("what was to be done failed");
        });
        using var program = new LaunchProgram();
        program.Meet(meeting);
        program.Exit();
        var options = new LaunchOptions { Meeting = meeting };
        Assert.Contains(told, Assert.ThrowsAny<Exception>(() => Launcher.Start(program, options)).Message);
    }

    [Fact]
    public void A_listed_errno_is_ignored_and_another_stops_the_program()
    {
        using var program = new LaunchProgram();
        program.MkdirAt(Fd.Cwd, "/tmp", 0x1ED, OnError.Ignoring(Errno.EEXIST));
        program.MkdirAt(Fd.Cwd, "/nonexistent/x", 0x1ED, OnError.Ignoring(Errno.EEXIST));
        program.Exit();
        var error = Assert.Throws<LaunchException>(() => Launcher.Start(program));
        Assert.Equal((1, Errno.ENOENT, "mkdirat", "/nonexistent/x"), (error.Step, error.Errno, error.Call, error.Path));
        Assert.Equal("mkdirat(/nonexistent/x): ENOENT (No such file or directory)", error.Message);
        Assert.Equal(125, error.ExitCode);
    }

    [Fact]
    public void Steps_skip_forward_after_success_and_after_listed_and_other_errors()
    {
        using var program = new LaunchProgram();
        LaunchStep success = program.Umask(0x12);
        program.Exit(1);
        program.AfterSuccessContinueHere(success);
        LaunchStep listed = program.Chdir("/nonexistent", OnError.Ignoring(Errno.ENOENT));
        program.Exit(2);
        program.AfterListedErrorContinueHere(listed);
        LaunchStep other = program.Chdir("/nonexistent", OnError.Ignoring(Errno.EPERM));
        program.Exit(3);
        program.AfterOtherErrorContinueHere(other);
        program.Chdir("/nonexistent", OnError.SkipNext(1));
        program.Exit(4);
        program.Exit(5);
        using LaunchedProcess child = Launcher.Start(program);
        Assert.Equal(5, child.PidFd.Wait().Code);
        Assert.Equal(-(long)Errno.ENOENT, program.ResultOf(listed));
    }

    [Fact]
    public void A_stop_step_reports_the_error_of_the_step_that_it_stands_for()
    {
        using var program = new LaunchProgram();
        LaunchStep failed = program.Chdir("/nonexistent", OnError.Ignore);
        program.Umask(0);
        program.StopAs(failed);
        var error = Assert.Throws<LaunchException>(() => Launcher.Start(program));
        Assert.Equal((Errno.ENOENT, "chdir", "/nonexistent"), (error.Errno, error.Call, error.Path));
    }

    [Fact]
    public void Running_off_the_end_is_an_error()
    {
        using var program = new LaunchProgram();
        program.Umask(0);
        var error = Assert.Throws<LaunchException>(() => Launcher.Start(program));
        Assert.Contains("end of the launch program", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_skip_beyond_the_end_is_refused_before_the_launch()
    {
        using var program = new LaunchProgram();
        program.Chdir("/nonexistent", OnError.SkipNext(2));
        program.Exit();
        Assert.Throws<InvalidOperationException>(() => Launcher.Start(program));
    }

    [Fact]
    public void Six_results_and_program_memory_can_be_arguments()
    {
        using var program = new LaunchProgram();
        LaunchMemory value = program.Words(7);
        LaunchStep umask = program.Umask(0x3F);
        LaunchStep stored = program.StoreResult(program.Umask(0x3F), program.Reserve(8));
        // Exit codes show the arguments: the mask set above comes back as the next umask's result.
        program.Call("exit_group", null, SyscallNumbers.exit_group, StepArgument.ValueAt(value));
        var error = Assert.Throws<LaunchException>(() => Launcher.Start(program));
        Assert.Contains("exit code 7", error.Message, StringComparison.Ordinal);
        Assert.Equal(0x3F, program.ResultOf(stored));
        Assert.NotNull(program.ResultOf(umask));
    }

    [Fact]
    public void Descriptors_of_kept_steps_arrive_here_and_others_are_closed()
    {
        using var file = new TemporaryFile();
        using var program = new LaunchProgram();
        LaunchStep kept = program.Keep(program.OpenAt(Fd.Cwd, file.Path, OpenFlags.O_RDONLY));
        program.OpenAt(Fd.Cwd, file.Path, OpenFlags.O_RDONLY);
        program.Close(program.OpenAt(Fd.Cwd, file.Path, OpenFlags.O_RDONLY));
        program.CloseRange(3);
        program.Exit();
        using LaunchedProcess child = Launcher.Start(program, new LaunchOptions { ShareFiles = true });
        Assert.Equal(0, child.PidFd.Wait().Code);
        using (Fd fd = program.TakeFd(kept))
        {
            Assert.EndsWith($"<{file.Path}>", fd.ToString(), StringComparison.Ordinal);
            Assert.Equal(1, file.CountDescriptors());
        }
        Assert.Equal(0, file.CountDescriptors());
    }

    [Fact]
    public void A_failed_launch_leaves_no_descriptor_and_no_child()
    {
        using var file = new TemporaryFile();
        using var program = new LaunchProgram();
        program.Keep(program.OpenAt(Fd.Cwd, file.Path, OpenFlags.O_RDONLY));
        program.Chdir("/nonexistent");
        program.Exit();
        Assert.Throws<LaunchException>(() => Launcher.Start(program, new LaunchOptions { ShareFiles = true }));
        Assert.Equal(0, file.CountDescriptors());
        Assert.Empty(Run.ZombieChildren());
    }

    [Fact]
    public void Changing_a_shared_descriptor_table_by_number_is_refused()
    {
        using var program = new LaunchProgram();
        program.Dup3(Fd.Borrow(1), 0);
        program.Exit();
        Assert.Throws<InvalidOperationException>(() => Launcher.Start(program,
            new LaunchOptions { ShareFiles = true }));
    }

    [Fact]
    public void A_program_runs_once()
    {
        using var program = new LaunchProgram();
        program.Exit();
        using (LaunchedProcess child = Launcher.Start(program)) child.PidFd.Wait();
        Assert.Throws<InvalidOperationException>(() => Launcher.Start(program));
    }

    [Fact]
    public void A_clone_that_the_kernel_refuses_names_the_namespaces_and_the_cgroup()
    {
        using var program = new LaunchProgram { Subject = "container web" };
        program.Exit();
        using Fd notACgroup = Files.Open("/tmp", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
        var options = new LaunchOptions { Namespaces = CloneFlags.CLONE_NEWUTS, Cgroup = notACgroup };
        var error = Assert.Throws<LaunchException>(() => Launcher.Start(program, options));
        Assert.Equal(Errno.EBADF, error.Errno);
        Assert.StartsWith("container web: clone3(CLONE_NEWUTS)(", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_is_protected_during_the_launch_and_dumpable_afterwards()
    {
        using var program = new LaunchProgram();
        LaunchStep dumpable = program.Prctl(3, "PR_GET_DUMPABLE");
        program.SetUid(65534);
        program.Exit();
        using LaunchedProcess child = Launcher.Start(program);
        child.PidFd.Wait();
        Assert.Equal(0, program.ResultOf(dumpable));
        using var after = new LaunchProgram();
        dumpable = after.Prctl(3, "PR_GET_DUMPABLE");
        after.Exit();
        using LaunchedProcess second = Launcher.Start(after, new LaunchOptions { ProtectMemory = false });
        second.PidFd.Wait();
        Assert.Equal(1, after.ResultOf(dumpable));
    }
}
