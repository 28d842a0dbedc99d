using System.Diagnostics;
using Skiff.Agent.Manager;
using Skiff.Agent.Networks;
using Skiff.Interop.Processes;
using Skiff.Interop.Tests.Netlink;

namespace Skiff.Agent.Tests.Networks;

public class NetworkConcurrencyTests
{
    private const string WorkerVariable = "SKIFF_TEST_ATTACH_WORKER";
    private const int Processes = 4;
    private const int ThreadsPerProcess = 3;
    private const int AttachesPerThread = 5;

    [Fact]
    public async Task Processes_that_attach_at_once_share_nothing_and_leave_nothing()
    {
        using var ground = new NetworkGround();
        // Nothing is prepared: the first ones also race for the records, the bridge and the table.
        List<Process> workers = ground.Host.Do(() => Enumerable.Range(0, Processes).Select(i =>
            StartWorker(ground.Roots, i)).ToList());
        using var limit = new CancellationTokenSource(60_000);
        foreach (Process worker in workers)
        {
            using (worker)
            {
                string output = await worker.StandardOutput.ReadToEndAsync(limit.Token);
                await worker.WaitForExitAsync(limit.Token);
                Assert.True(worker.ExitCode == 0, output);
            }
        }
        int expected = Processes * ThreadsPerProcess * AttachesPerThread;
        IReadOnlyList<Endpoint> endpoints = ground.Module.Endpoints();
        Assert.Equal(expected, endpoints.Count);
        Assert.Equal(expected, endpoints.Select(e => $"{e.Address}").Distinct().Count());
        Assert.Equal(expected, endpoints.Select(e => e.Mac).Distinct().Count());
        Assert.Equal(expected, endpoints.Select(e => e.Ports.Single().HostPort).Distinct().Count());
        Assert.Equal(
            endpoints.Select(e => $"tcp . {e.Ports[0].HostPort} : {e.Address} . 80").Order(StringComparer.Ordinal),
            ground.Elements("ports"));

        ground.Host.Do(() => Parallel.ForEach(
            endpoints, e => new NetworkModule(ground.Roots).EndpointsOf(e.ContainerId)));
        ground.Host.Do(() => endpoints.ToList().ForEach(e => ground.Module.Detach(e.ContainerId)));
        Assert.Empty(ground.State());
        Assert.Empty(ground.Elements("ports"));
    }

    /// <summary>Not a test of its own: the body of a worker process of the test above.</summary>
    [Fact(Explicit = true)]
    public async Task Worker_attaches_from_several_threads()
    {
        string[] words = Environment.GetEnvironmentVariable(WorkerVariable)!.Split('|');
        var roots = new StateRoots(words[0], words[1]);
        Task[] threads = [.. Enumerable.Range(0, ThreadsPerProcess).Select(t => Task.Run(() =>
        {
            var module = new NetworkModule(roots);
            for (int i = 0; i < AttachesPerThread; i++)
            {
                using NetNamespace ns = NetNamespace.Create();
                module.Attach(NetworkGround.Request(
                    $"{words[2]}.{t}.{i}", [new EndpointSettings("bridge")], "80"), ns);
            }
        }))];
        await Task.WhenAll(threads);
    }

    private static Process StartWorker(StateRoots roots, int serial)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            ArgumentList = { "-explicit", "only", "-method", "*." + nameof(Worker_attaches_from_several_threads) },
            Environment = { [WorkerVariable] = $"{roots.Root}|{roots.RunRoot}|worker{serial}" },
        };
        return Process.Start(start)!;
    }
}
