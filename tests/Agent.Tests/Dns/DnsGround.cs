using System.Diagnostics;
using Skiff.Agent.Dns;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Dns;

/// <summary>
/// Two fresh network namespaces: that of the test's thread, in which servers are, stands for the host; the other one
/// for a container, whose resolver runs in an event loop on a thread of its own.
/// </summary>
internal sealed class DnsGround : IDisposable
{
    private const int NeverMs = 3_600_000;

    private readonly NetNamespace _container = NetNamespace.Create();
    private readonly EventLoop _loop = new();
    private readonly Fd _wake = Files.EventFd();
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _started = new();
    private readonly System.Collections.Concurrent.ConcurrentQueue<Action> _work = new();
    private Exception? _failure;

    private DnsGround(DnsOptions options, INameTable names, bool steer, Action<NetNamespace>? before)
    {
        Up(_container);
        before?.Invoke(_container);
        // It inherits the namespace of this thread.
        _thread = new Thread(() => Serve(options, names, steer)) { IsBackground = true };
        _thread.Start();
        _started.Wait();
        if (_failure is not null) throw _failure;
    }

    public DnsServer Server { get; private set; } = null!;

    /// <summary>How often the loop was told to give memory back; a sign of what it allocates.</summary>
    public long AllocatedBytes => Do(() => GC.GetAllocatedBytesForCurrentThread());

    /// <summary>Runs a test in a namespace of its own, with loopback up.</summary>
    public static void Run(
        DnsOptions options, INameTable names, Action<DnsGround> test, bool steer = true,
        Action<NetNamespace>? before = null)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: network namespaces");
        FreshNetwork.Run(() =>
        {
            FreshNetwork.Output("ip", "link", "set", "lo", "up");
            using var ground = new DnsGround(options, names, steer, before);
            test(ground);
        });
    }

    /// <summary>dig inside the container; what it prints with <c>+short</c>, sorted lines.</summary>
    public string[] Short(params string[] arguments) =>
        [.. Dig(["+short", .. arguments]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order()];

    /// <summary>dig inside the container; all that it prints.</summary>
    public string Dig(params string[] arguments) =>
        Inside("dig", ["@127.0.0.11", "+tries=1", "+time=8", "+noidnin", .. arguments]);

    /// <summary>A program inside the container; what it prints. Its exit code is not looked at.</summary>
    public string Inside(string program, params string[] arguments)
    {
        using Process process = StartInside(program, arguments);
        string output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(30_000), $"{program} hangs");
        return output;
    }

    /// <summary>Starts a program inside the container.</summary>
    public Process StartInside(string program, params string[] arguments) => Process.Start(new ProcessStartInfo(
        "nsenter", [$"--net=/proc/{Environment.ProcessId}/fd/{_container.Fd.Number}", program, .. arguments])
    {
        RedirectStandardOutput = true,
    })!;

    /// <summary>How many sockets the host's namespace has that talk to a server.</summary>
    public static int SocketsTo(string server) =>
        FreshNetwork.Output("ss", "-Hnut", "dst", server).Count(letter => letter == '\n');

    /// <summary>Does something on a thread inside the container.</summary>
    public T InContainer<T>(Func<T> work)
    {
        using var scope = new NetNamespaceScope(_container.Fd);
        return work();
    }

    /// <summary>Does something on the loop's thread.</summary>
    public T Do<T>(Func<T> work)
    {
        T result = default!;
        using var done = new ManualResetEventSlim();
        _work.Enqueue(() =>
        {
            result = work();
            done.Set();
        });
        Wake();
        Assert.True(done.Wait(20_000), "the loop hangs");
        return result;
    }

    /// <summary>Ends the server and starts another one.</summary>
    public void Restart(DnsOptions options, INameTable names) => Do(() =>
    {
        Server.Dispose();
        return Server = DnsServer.Start(_loop, _container.Fd, options, names);
    });

    /// <summary>Ends the server alone.</summary>
    public void Stop() => Do(() =>
    {
        Server.Dispose();
        return 0;
    });

    public void Dispose()
    {
        _work.Enqueue(() =>
        {
            Server.Dispose();
            _loop.End();
        });
        Wake();
        Assert.True(_thread.Join(20_000), "the loop hangs");
        _loop.Dispose();
        _wake.Dispose();
        _container.Dispose();
        if (_failure is not null) throw new InvalidOperationException("the resolver's loop broke", _failure);
    }

    public static void Up(NetNamespace inside)
    {
        using var batch = new NetlinkBatch();
        Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
        inside.Rtnetlink.Execute(batch);
    }

    private void Serve(DnsOptions options, INameTable names, bool steer)
    {
        try
        {
            Server = DnsServer.Start(_loop, _container.Fd, options, names, steer);
            _loop.Watch(_wake, Interop.Events.EpollEvents.EPOLLIN, _ => OnWake());
        }
        catch (Exception e)
        {
            _failure = e;
        }
        _started.Set();
        if (_failure is not null) return;
        try
        {
            _loop.Run(() => { }, NeverMs, NeverMs);
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }

    private void OnWake()
    {
        Files.Read(_wake, new byte[8]);
        while (_work.TryDequeue(out Action? work)) work();
    }

    private void Wake() => Files.WriteAll(_wake, BitConverter.GetBytes(1L));
}
