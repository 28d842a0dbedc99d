using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Processes;

[Collection(LaunchCollection.Name)]
public class SpawnTests
{
    [Fact]
    public void Descriptors_arrive_in_order_even_when_they_cross_and_nothing_else_does()
    {
        var (read, write) = Run.Pipe();
        using (read)
        {
            LaunchedProcess child;
            using (write)
            using (Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR))
            {
                // 1 and 0 of this process trade places on purpose: a copy in the wrong order would lose one.
                child = Spawn.Start(new SpawnRequest
                {
                    Path = "/bin/ls", Arguments = ["ls", "/proc/self/fd"],
                    Descriptors = [nothing, write, nothing, Fd.Borrow(0)],
                });
            }
            using (child)
            {
                // 4 is the directory that ls reads.
                Assert.Equal("0\n1\n2\n3\n4\n", Run.ReadToEnd(read));
                Assert.Equal(0, child.PidFd.Wait().Code);
            }
        }
    }

    [Fact]
    public void A_new_session_is_led_by_the_child()
    {
        using LaunchedProcess child = Spawn.Start(new SpawnRequest
        {
            Path = "/bin/sh", Arguments = ["sh", "-c", "test $(ps -o sid= -p $$) = $$"],
            Environment = ["PATH=/usr/bin:/bin"], Descriptors = [], NewSession = true, WorkingDirectory = "/",
        });
        Assert.Equal(0, child.PidFd.Wait().Code);
    }

    [Fact]
    public void A_missing_program_is_an_error_at_once()
    {
        var error = Assert.Throws<LaunchException>(() => Spawn.Start(new SpawnRequest
        {
            Path = "/nonexistent", Arguments = ["x"], Descriptors = [],
        }));
        Assert.Equal((Errno.ENOENT, 127), (error.Errno, error.ExitCode));
    }

    [Fact]
    public void A_program_cannot_be_written_through_its_read_only_mount()
    {
        using var program = new TemporaryFile("#!/bin/sh\n");
        string before = File.ReadAllText("/proc/self/mountinfo");
        using Fd mount = ReadOnlySelf.TryCloneReadOnly(program.Path)!;
        Assert.Equal(Errno.EROFS, Files.TryOpenAt(Fd.Cwd, $"/proc/self/fd/{mount.Number}", OpenFlags.O_WRONLY, 0,
            out _));
        Assert.Equal(Errno.None, Files.TryOpenAt(Fd.Cwd, program.Path, OpenFlags.O_WRONLY, 0, out Fd? direct));
        direct!.Dispose();
        Assert.Equal(before, File.ReadAllText("/proc/self/mountinfo"));
    }

    [Fact]
    public void The_own_program_executes_from_its_read_only_mount()
    {
        using Fd self = ReadOnlySelf.Open(out bool isProtected);
        Assert.True(isProtected, "root on Linux 5.12 gets the read-only mount");
        // The test host is a .NET program: with an option that it does not know it prints its usage and ends.
        using Fd nothing = Files.Open("/dev/null", OpenFlags.O_RDWR);
        using LaunchedProcess child = Spawn.Start(new SpawnRequest
        {
            Program = self, Path = "self", Arguments = [Environment.ProcessPath!, "-no-such-option"],
            Environment = [$"DOTNET_ROOT={Environment.GetEnvironmentVariable("DOTNET_ROOT")}"],
            Descriptors = [nothing, nothing, nothing],
        });
        Assert.Equal(0, child.PidFd.Wait().Signal);
    }
}
