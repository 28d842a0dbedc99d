using System.Net.Sockets;
using System.Text;
using Skiff.Agent.Networks;
using Skiff.Agent.Networks.Policies;
using Container = Skiff.Agent.Tests.Networks.Policies.PolicyGround.Container;

namespace Skiff.Agent.Tests.Networks.Policies;

/// <summary>
/// What policies are said to decide is what packets meet: random policies, every pair of containers, two ports.
/// SKIFF_POLICY_ROUNDS=n makes it longer, SKIFF_SEED repeats a run.
/// </summary>
public class PolicyAgreementTests(ITestOutputHelper output)
{
    private static readonly ushort[] s_ports = [80, 90];

    [Fact]
    public async Task Packets_meet_what_is_explained()
    {
        int seed = Number("SKIFF_SEED") ?? Random.Shared.Next(1_000_000);
        output.WriteLine($"SKIFF_SEED={seed}");
        var random = new Random(seed);
        using var ground = new PolicyGround();
        foreach (string name in (string[])["blue", "green"])
            ground.Ground.Host.Do(() => ground.Module.Create(new NetworkRequest(name)));
        Container[] all = [.. Enumerable.Range(0, 6).Select(i =>
            ground.Run($"c{i}", i < 3 ? "blue" : "green", [$"{8000 + i}:80"], $"one={i % 2}", $"two={i % 3}"))];
        foreach (Container container in all) container.Room.Serve(90);
        int allowed = 0, denied = 0;
        for (int round = 0; round < (Number("SKIFF_POLICY_ROUNDS") ?? 8); round++)
        {
            string yaml = string.Join(
                "\n---\n", Enumerable.Range(0, random.Next(1, 4)).Select(i => NewPolicy(random, i)));
            ground.Ground.Host.Do(() => ground.Module.ChangePolicies(PolicyReader.Read(Encoding.UTF8.GetBytes(yaml)),
                [.. ground.Module.Policies().Select(policy => policy.Name).Where(name => random.Next(2) == 0)]));
            var probes = new List<Task<(string What, bool Expected, bool Found)>>();
            foreach (Container from in all)
                foreach (Container to in all)
                    foreach (ushort port in s_ports)
                        if (from != to && (from.End.NetworkId == to.End.NetworkId || port == 80))
                            probes.Add(Probe(ground, from, to, port));
            foreach ((string what, bool expected, bool found) in await Task.WhenAll(probes))
            {
                Assert.True(expected == found, $"{what}: {(found ? "came through" : "did not")}\n{yaml}");
                allowed += found ? 1 : 0;
                denied += found ? 0 : 1;
            }
        }
        // The choices are such that both happen.
        Assert.True(allowed > 20 && denied > 20, $"{allowed} allowed, {denied} denied");
    }

    // To another network only by the published port.
    private static async Task<(string What, bool Expected, bool Found)> Probe(
        PolicyGround ground, Container from, Container to, ushort port)
    {
        bool expected = ground.Ground.Host.Do(() => ground.Module.TestPolicies(
            ground.Module.PartyOf(from.End.Address!), ground.Module.PartyOf(to.End.Address!), null, 6, port))
            .TrueForAll(decision => decision.IsAllowed);
        bool isNear = from.End.NetworkId == to.End.NetworkId;
        using Socket socket = from.Room.Do(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
        using var limit = new CancellationTokenSource(expected ? 10_000 : 700);
        bool found = false;
        try
        {
            await socket.ConnectAsync(isNear ? to.Address : NetworkGround.HostAddress,
                isNear ? port : to.End.Ports[0].HostPort, limit.Token);
            found = true;
        }
        catch (OperationCanceledException)
        {
            // Nobody answers.
        }
        return ($"{from.Name} to {to.Name}:{port}", expected, found);
    }

    private static string NewPolicy(Random random, int index)
    {
        string[] directions = random.Next(3) switch
        {
            0 => ["Ingress"],
            1 => ["Egress"],
            _ => ["Ingress", "Egress"],
        };
        var text = new StringBuilder($"metadata: {{name: p{index}{(random.Next(4) == 0 ? ", namespace: blue" : "")}}}\n"
            + $"spec:\n  podSelector: {NewSelector(random)}\n  policyTypes: [{string.Join(", ", directions)}]\n");
        foreach (string direction in directions)
        {
            string side = direction == "Ingress" ? "from" : "to";
            text.Append($"  {direction.ToLowerInvariant()}:{(random.Next(5) == 0 ? " []\n" : "\n")}");
            if (text[^2] == ']') continue;
            for (int i = random.Next(1, 3); i > 0; i--)
            {
                text.Append($"  - {side}: [{string.Join(", ", Enumerable.Range(0, random.Next(1, 3))
                    .Select(_ => NewPeer(random)))}]\n");
                int first = random.Next(2) == 0 ? 80 : 85;
                if (random.Next(2) == 0) text.Append($"    ports: [{{port: {first}, endPort: 95}}]\n");
            }
        }
        return text.ToString();
    }

    private static string NewPeer(Random random) => random.Next(4) switch
    {
        0 => $"{{ipBlock: {{cidr: 172.18.{random.Next(2)}.0/{random.Next(23, 31)}}}}}",
        1 => "{ipBlock: {cidr: 172.18.0.0/16, except: [172.18.0.2/31]}}",
        2 => $"{{podSelector: {NewSelector(random)}, "
            + $"namespaceSelector: {{matchNames: [{(random.Next(2) == 0 ? "blue" : "'*'")}]}}}}",
        _ => $"{{podSelector: {NewSelector(random)}}}",
    };

    private static string NewSelector(Random random) => random.Next(4) switch
    {
        0 => "{}",
        1 => $"{{matchLabels: {{one: '{random.Next(2)}'}}}}",
        2 => $"{{matchExpressions: [{{key: two, operator: {(random.Next(2) == 0 ? "In" : "NotIn")}, "
            + $"values: ['{random.Next(3)}', '1']}}]}}",
        _ => $"{{matchNames: [c{random.Next(6)}, c{random.Next(6)}]}}",
    };

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), out int number) ? number : null;
}
