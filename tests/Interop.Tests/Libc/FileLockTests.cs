using Skiff.Interop.Processes;

namespace Skiff.Interop.Tests.Libc;

public class FileLockTests
{
    [Fact]
    public void What_is_given_back_is_free_though_a_child_has_a_copy_of_the_descriptor()
    {
        string path = Path.Join(Path.GetTempPath(), $"skiff-lock-{Guid.NewGuid():N}");
        FileLock held = FileLock.Take(Files.Open(path, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0x180), path);
        var (before, after) = (Errno.None, Errno.EINVAL);
        try
        {
            // While the child waits, as the one of a start does until its network is there.
            using var meeting = new LaunchMeeting(_ =>
            {
                before = Try(path);
                held.Dispose();
                after = Try(path);
            });
            using var program = new LaunchProgram { Subject = "a child with a copy" };
            program.Meet(meeting);
            program.Exit();
            using LaunchedProcess child = Launcher.Start(program, new LaunchOptions { Meeting = meeting });
            child.PidFd.Wait();
        }
        finally
        {
            held.Dispose();
            File.Delete(path);
        }
        Assert.Equal((Errno.EAGAIN, Errno.None), (before, after));
    }

    private static Errno Try(string path)
    {
        using Fd file = Files.Open(path, OpenFlags.O_RDWR);
        return Files.TryFlock(file, exclusive: true, wait: false);
    }
}
