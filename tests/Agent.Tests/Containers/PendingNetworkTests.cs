using Skiff.Agent.Containers;
using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Tests.Containers;

public class PendingNetworkTests
{
    private readonly List<string> _done = [];
    private readonly Unwinder _undo = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_takes_it_back_comes_after_what_was_there_before(bool aside)
    {
        _undo.Push("first", () => _done.Add("first"));
        using (var pending = new PendingNetwork(_undo, Open, SetUp, Finish, aside)) pending.Complete();
        Assert.Equal(["finish"], _done);
        Assert.Empty(_undo.Run());
        Assert.Equal(["finish", "resolver", "leave", "first"], _done);
    }

    [Fact]
    public void A_set_up_that_fails_is_known_by_its_own_error_and_taken_back_as_far_as_it_came()
    {
        using var pending = new PendingNetwork(_undo, Open, Fail, Finish, aside: true);
        Assert.NotNull(pending.Open());
        Assert.Equal("no address is left", Assert.Throws<UsageException>(pending.Complete).Message);
        Assert.Empty(_undo.Run());
        Assert.Equal(["lease"], _done);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_namespace_that_cannot_be_had_is_told_to_whoever_asks_first(bool aside)
    {
        var failure = new UsageException("cannot join network of a non running container: c", 125);
        Assert.Same(failure, Assert.Throws<UsageException>(() =>
        {
            using var pending = new PendingNetwork(_undo, () => throw failure, SetUp, Finish, aside);
            pending.Open();
        }));
        Assert.Empty(_undo.Run());
        Assert.Empty(_done);
    }

    [Fact]
    public void Whoever_gives_up_meanwhile_waits_and_can_take_it_back()
    {
        using var mayEnd = new ManualResetEventSlim();
        var pending = new PendingNetwork(_undo, Open, (network, own) =>
        {
            mayEnd.Wait();
            SetUp(network, own);
        }, Finish, aside: true);
        mayEnd.Set();
        pending.Dispose();
        Assert.Empty(_undo.Run());
        Assert.Equal(["leave"], _done);
    }

    [Fact]
    public void A_child_that_is_launched_meanwhile_goes_on_when_it_is_set_up()
    {
        using var mayEnd = new ManualResetEventSlim();
        using var pending = new PendingNetwork(_undo, Open, (network, own) =>
        {
            mayEnd.Wait();
            SetUp(network, own);
        }, Finish, aside: true);
        var (reader, writer) = Files.Pipe();
        using (reader)
        using (writer)
        using (LaunchProgram program = Waiting(pending, writer))
        {
            // What the child does before it waits is there while this thread still cannot go on.
            var end = new Thread(() =>
            {
                Assert.Equal(Errno.None, Files.TryRead(reader, new byte[1], out _));
                mayEnd.Set();
            });
            end.Start();
            using LaunchedProcess process = Launcher.Start(program, new LaunchOptions { Meeting = pending.Meet() });
            pending.Complete();
            Assert.Equal(["finish"], _done);
            Assert.Equal(0, process.PidFd.Wait().ShellCode);
            end.Join();
        }
    }

    [Fact]
    public void A_child_that_waits_for_what_fails_ends_and_the_launch_tells_why()
    {
        using var mayEnd = new ManualResetEventSlim();
        using var pending = new PendingNetwork(_undo, Open, (network, own) =>
        {
            mayEnd.Wait();
            Fail(network, own);
        }, Finish, aside: true);
        var (reader, writer) = Files.Pipe();
        using (reader)
        using (writer)
        using (LaunchProgram program = Waiting(pending, writer))
        {
            var options = new LaunchOptions { Meeting = pending.Meet() };
            mayEnd.Set();
            Assert.Equal("no address is left",
                Assert.Throws<UsageException>(() => Launcher.Start(program, options).Dispose()).Message);
        }
        Assert.Throws<UsageException>(pending.Complete);
        Assert.Empty(_undo.Run());
        Assert.Equal(["lease"], _done);
    }

    private static LaunchProgram Waiting(PendingNetwork pending, Fd writer)
    {
        var program = new LaunchProgram { Subject = "a child that waits" };
        program.Write(writer, "+", "a pipe");
        program.Meet(pending.Meet()!);
        program.Exit();
        return program;
    }

    private static ContainerNetwork Open()
    {
        var roots = new StateRoots("/nowhere", "/nowhere");
        return ContainerNetwork.Open(roots, new ContainerStore(roots), new ContainerConfig
        {
            Id = "c", Name = "c", NetworkMode = "host", Image = "", ImageId = "", DiffIds = [], Args = [], Env = [],
            Created = default,
        });
    }

    private void SetUp(ContainerNetwork network, Unwinder undo)
    {
        Assert.Null(network.Namespace);
        undo.Push("leave", () => _done.Add("leave"));
    }

    private void Fail(ContainerNetwork network, Unwinder undo)
    {
        undo.Push("lease", () => _done.Add("lease"));
        throw new UsageException("no address is left", 125);
    }

    private void Finish(ContainerNetwork network, Unwinder undo)
    {
        _done.Add("finish");
        undo.Push("resolver", () => _done.Add("resolver"));
    }
}
