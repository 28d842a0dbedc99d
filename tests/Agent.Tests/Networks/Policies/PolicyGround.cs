using System.Net.Sockets;
using System.Text;
using Skiff.Agent.Networks;
using Skiff.Agent.Networks.Policies;

namespace Skiff.Agent.Tests.Networks.Policies;

/// <summary>A <see cref="NetworkGround"/> whose containers have labels, and policies in short.</summary>
internal sealed class PolicyGround : IDisposable
{
    // As on a host where br_netfilter was not on for all bridges before.
    public PolicyGround() => Ground.Host.Do(() =>
    {
        foreach (string name in (string[])["iptables", "ip6tables"])
            File.WriteAllText($"/proc/sys/net/bridge/bridge-nf-call-{name}", "0");
    });

    public NetworkGround Ground { get; } = new();

    public NetworkModule Module => Ground.Module;

    /// <summary>A container that is called so, labelled <c>app=NAME</c>, and serves its port 80.</summary>
    public Container Run(string name, string network = "bridge", string[]? ports = null, params string[] labels)
    {
        NetworkRoom room = Ground.NewRoom();
        AttachRequest request = NetworkGround.Request(name, [new EndpointSettings(network)], ports ?? []) with
        {
            Labels = new(labels.Prepend($"app={name}").Select(label => label.Split('='))
                .GroupBy(pair => pair[0], (key, pairs) => KeyValuePair.Create(key, pairs.Last()[1]))),
        };
        Endpoint end = Ground.Host.Do(() => Module.Attach(request, room.Namespace))[0];
        return new Container(name, room, end, room.Serve(80));
    }

    /// <summary>Makes policies, or replaces them.</summary>
    public void Apply(string yaml)
    {
        List<NetworkPolicy> policies = PolicyReader.Read(Encoding.UTF8.GetBytes(yaml));
        Ground.Host.Do(() => Module.ChangePolicies(policies, []));
    }

    public void Remove(params string[] names) => Ground.Host.Do(() => Module.ChangePolicies([], names));

    /// <summary>A policy for the containers of an app.</summary>
    public static string Policy(string name, string app, string rest) => $$"""
        metadata: {name: {{name}}}
        spec:
          podSelector: {{{(app.Length > 0 ? $"matchLabels: {{app: {app}}}" : "")}}}
        {{string.Join('\n', rest.Split('\n').Select(line => "  " + line))}}
        """;

    public void Dispose() => Ground.Dispose();

    internal sealed record Container(string Name, NetworkRoom Room, Endpoint End, IDisposable Server)
    {
        public string Address => $"{End.Address}";

        /// <summary>Whether another one, or an address, can be reached.</summary>
        public bool Reaches(Container other, int port = 80) => Reaches(other.Address, port);

        public bool Reaches(string address, int port = 80) => Room.Fetch(address, port) is not "no answer";

        /// <summary>A connection that stays.</summary>
        public Socket Connect(string address, int port)
        {
            Socket socket = Room.Do(() => new Socket(SocketType.Stream, ProtocolType.Tcp));
            socket.Connect(address, port);
            return socket;
        }
    }
}
