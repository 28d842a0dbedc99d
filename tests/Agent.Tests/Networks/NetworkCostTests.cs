using System.Diagnostics;
using Skiff.Agent.Networks;

namespace Skiff.Agent.Tests.Networks;

/// <summary>What an attachment costs, and that it does not grow. The output has the numbers.</summary>
public class NetworkCostTests(ITestOutputHelper output)
{
    [Fact]
    public void Publishing_does_not_get_slower_with_the_ports_that_are_published_already()
    {
        using var ground = new NetworkGround();
        NetworkRoom room = ground.NewRoom();
        ground.Attach(room, "warm-up", "60000-60009:1-10");
        var times = new List<double>();
        for (int i = 0; i < 10; i++)
        {
            NetworkRoom next = ground.NewRoom();
            long start = Stopwatch.GetTimestamp();
            ground.Attach(next, $"c{i}", $"{10_000 + i * 1000}-{10_999 + i * 1000}:1-1000");
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        output.WriteLine($"attach with 1,000 ports each, ms: {string.Join(' ', times.Select(t => t.ToString("F1")))}");
        Assert.True(times[5..].Min() < 3 * times[..5].Min(), string.Join(' ', times));
    }

    [Fact]
    public void Attaching_does_not_get_slower_with_the_containers_that_are_attached()
    {
        using var ground = new NetworkGround();
        NetworkRoom room = ground.NewRoom();
        var times = new List<double>();
        ground.Host.Do(() =>
        {
            for (int i = 0; i < 300; i++)
            {
                long start = Stopwatch.GetTimestamp();
                ground.Module.Attach(
                    NetworkGround.Request($"c{i}", [new EndpointSettings("bridge")]), room.Namespace);
                times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                // One namespace serves all: only the interface's name must be free again.
                FreeName(room, i);
            }
        });
        // The quickest of many: whatever else the machine does, some are not disturbed.
        double early = times[50..100].Min(), late = times[250..].Min();
        output.WriteLine($"attach, least µs: {early:F0} with 75 attached, {late:F0} with 275 attached");
        Assert.True(late < 3 * early, $"{early} -> {late}");
    }

    private static void FreeName(NetworkRoom room, int serial)
    {
        using var batch = new Interop.Netlink.NetlinkBatch();
        int index = Interop.Netlink.Links.Find(room.Route, "eth0")!.Value.Index;
        Interop.Netlink.Links.Set(batch, index, new Interop.Netlink.LinkChange { Up = false, Name = $"old{serial}" });
        room.Route.Execute(batch);
    }
}
