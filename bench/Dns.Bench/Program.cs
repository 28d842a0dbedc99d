using System.Net;
using Skiff.Agent.Dns;
using Skiff.Agent.Monitor;
using Skiff.Interop;
using Skiff.Interop.Netlink;
using Skiff.Interop.Processes;

[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

namespace Skiff.Dns.Bench;

/// <summary>
/// A container's resolver and nothing else: makes a network namespace, serves the names <c>web</c> and <c>api</c> in
/// it, prints how long a start took and where the namespace is, and serves until it is killed. See <c>run</c>.
/// </summary>
internal static class Program
{
    private const int NeverMs = 3_600_000, StartCount = 20;

    private static int Main(string[] arguments)
    {
        bool steer = !arguments.Contains("bound");
        using NetNamespace inside = NetNamespace.Create();
        using (var batch = new NetlinkBatch())
        {
            Links.Set(batch, 1, new LinkChange { Up = true }, "lo");
            inside.Rtnetlink.Execute(batch);
        }
        using var loop = new EventLoop();
        var options = new DnsOptions();
        var names = new Names();
        DnsServer? server = null;
        var starts = new List<double>();
        for (int i = 0; i < StartCount; i++)
        {
            server?.Dispose();
            long began = System.Diagnostics.Stopwatch.GetTimestamp();
            server = DnsServer.Start(loop, inside.Fd, options, names, steer);
            starts.Add(System.Diagnostics.Stopwatch.GetElapsedTime(began).TotalMicroseconds);
        }
        starts.Sort();
        Console.WriteLine(
            $"start {starts[StartCount / 2]:F0} us (longest {starts[^1]:F0}), steered: {server!.IsSteered}");
        Console.WriteLine($"/proc/{Environment.ProcessId}/fd/{inside.Fd.Number}");
        loop.Run(IdleMemory.GiveBack, 500, NeverMs);
        return 0;
    }

    private sealed class Names : INameTable
    {
        private static readonly byte[] s_web = [172, 18, 0, 2];
        private static readonly byte[] s_api =
            [.. Enumerable.Range(2, 8).SelectMany(i => (byte[])[172, 18, 1, (byte)i])];

        public bool ReachesOutside => true;

        public void Dispose() { }

        public bool TryFind(scoped ReadOnlySpan<byte> name, out ReadOnlySpan<byte> v4, out ReadOnlySpan<byte> v6)
        {
            v6 = default;
            v4 = name.SequenceEqual("web"u8) ? s_web : name.SequenceEqual("api"u8) ? s_api : default;
            return v4.Length > 0;
        }

        public bool TryFindName(scoped ReadOnlySpan<byte> address, out ReadOnlySpan<byte> name)
        {
            name = default;
            return false;
        }
    }
}
