using System.Diagnostics;
using System.Text;
using Skiff.Interop.Events;

namespace Skiff.Interop.Tests.Events;

public sealed class EventTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Epoll_reports_what_is_ready_with_its_data()
    {
        using var epoll = new Epoll();
        using var first = new EventFd();
        using var second = new EventFd();
        epoll.Add(first.Fd, EpollEvents.EPOLLIN, ulong.MaxValue - 1);
        epoll.Add(second.Fd, EpollEvents.EPOLLIN, 7);
        var events = new EpollEvent[4];
        Assert.Equal(0, epoll.Wait(events, 0));
        first.Signal();
        second.Signal();
        Assert.Equal(2, epoll.Wait(events, -1));
        Assert.Equal([7ul, ulong.MaxValue - 1], events.Take(2).Select(e => e.Data).Order());
        Assert.All(events.Take(2), e => Assert.Equal(EpollEvents.EPOLLIN, e.Events));
        Assert.Equal(1ul, first.Take());
        epoll.Remove(second.Fd);
        epoll.Modify(first.Fd, EpollEvents.EPOLLOUT, 9);
        Assert.Equal(1, epoll.Wait(events, -1));
        Assert.Equal((EpollEvents.EPOLLOUT, 9ul), (events[0].Events, events[0].Data));
        Assert.Equal(Errno.EEXIST, Assert.Throws<LinuxException>(() => epoll.Add(first.Fd, 0, 0)).Errno);
    }

    [Fact]
    public void Epoll_waits_its_time_and_no_less()
    {
        using var epoll = new Epoll();
        long start = Stopwatch.GetTimestamp();
        Assert.Equal(0, epoll.Wait(new EpollEvent[1], 40));
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 39, 5000);
    }

    [Fact]
    public void Timer_expires_once_or_regularly_or_not_at_all()
    {
        using var timer = new TimerFd();
        Assert.Equal(0ul, timer.TakeExpirations());
        timer.SetOnce(0);
        Assert.Equal(PollEvents.POLLIN, Files.Poll(timer.Fd, PollEvents.POLLIN, 5000));
        Assert.Equal(1ul, timer.TakeExpirations());
        timer.SetInterval(1, 5);
        Thread.Sleep(40);
        Assert.InRange(timer.TakeExpirations(), 2ul, 1000ul);
        timer.Disarm();
        Assert.Equal(0ul, timer.TakeExpirations());
        timer.SetOnce(60_000);
        Assert.Equal(PollEvents.None, Files.Poll(timer.Fd, PollEvents.POLLIN, 5));
    }

    [Fact]
    public void Event_counter_adds_up_and_empties()
    {
        using var counter = new EventFd();
        Assert.Equal(0ul, counter.Take());
        for (int i = 0; i < 3; i++) counter.Signal();
        Assert.Equal(3ul, counter.Take());
        Assert.Equal(0ul, counter.Take());
    }

    [Fact]
    public void Inotify_tells_names_and_moves()
    {
        using var inotify = new Inotify();
        int watch = inotify.Add(_directory.Path, InotifyMask.IN_CREATE | InotifyMask.IN_MOVED_FROM
            | InotifyMask.IN_MOVED_TO | InotifyMask.IN_CLOSE_WRITE | InotifyMask.IN_DELETE);
        byte[] buffer = new byte[4096];
        Assert.False(inotify.TryRead(buffer, out _));
        File.WriteAllText(_directory["state.tmp"], "x");
        Directory.CreateDirectory(_directory["sub"]);
        File.Move(_directory["state.tmp"], _directory["state"]);
        inotify.Remove(watch);
        Assert.Equal(
            ["IN_CREATE state.tmp", "IN_CLOSE_WRITE state.tmp", "IN_CREATE, IN_ISDIR sub", "IN_MOVED_FROM state.tmp",
                "IN_MOVED_TO state", "IN_IGNORED "],
            Drain(inotify, buffer, watch));
        inotify.Remove(watch);
    }

    [Fact]
    public void Inotify_with_the_smallest_buffer_loses_nothing()
    {
        using var inotify = new Inotify();
        int watch = inotify.Add(_directory.Path, InotifyMask.IN_CREATE);
        for (int i = 0; i < 50; i++) File.WriteAllText(_directory[$"{i}-{new string('x', 200)}"], "");
        Assert.Equal(50, Drain(inotify, new byte[Inotify.SmallestBuffer], watch).Count);
    }

    [Fact]
    public void Steady_state_allocates_nothing()
    {
        using var epoll = new Epoll();
        using var counter = new EventFd();
        using var timer = new TimerFd();
        using var inotify = new Inotify();
        var (a, b) = UnixSocket.Pair();
        using (a)
        using (b)
        {
            epoll.Add(counter.Fd, EpollEvents.EPOLLIN, 1);
            inotify.Add(_directory.Path, InotifyMask.IN_ATTRIB);
            using Fd directory = _directory.Open();
            var events = new EpollEvent[8];
            byte[] buffer = new byte[4096];
            long allocated = 0;
            for (int round = 0; round < 50; round++)
            {
                if (round == 25) allocated = GC.GetAllocatedBytesForCurrentThread();
                counter.Signal();
                epoll.Wait(events, 1000);
                counter.Take();
                timer.SetOnce(1000);
                timer.TakeExpirations();
                a.TrySend(buffer);
                b.TryReceive(buffer, out _);
                Files.TryFchmod(directory, 0x1C0);
                inotify.TryRead(buffer, out InotifyEvents seen);
                foreach (InotifyEvent e in seen) Assert.True(e.Watch > 0);
            }
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - allocated);
        }
    }

    private static List<string> Drain(Inotify inotify, byte[] buffer, int watch)
    {
        var seen = new List<string>();
        while (inotify.TryRead(buffer, out InotifyEvents events))
            foreach (InotifyEvent e in events)
            {
                Assert.Equal(watch, e.Watch);
                seen.Add($"{e.Mask} {Encoding.UTF8.GetString(e.Name)}");
            }
        return seen;
    }
}
