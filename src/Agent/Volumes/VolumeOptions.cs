using System.Net;
using System.Net.Sockets;
using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;

namespace Skiff.Agent.Volumes;

/// <summary>
/// The options of Docker's driver local: <c>type</c>, <c>device</c> and <c>o</c> are the arguments of mount(2) for a
/// volume that is mounted while it is used; <c>size</c> limits one whose files are in the engine's own directory.
/// </summary>
internal static class VolumeOptions
{
    // Each with those that it makes no sense without.
    private static readonly (string Name, string[] Needs)[] s_known =
        [("type", ["device"]), ("o", ["device", "type"]), ("device", ["type"]), ("size", [])];

    // fsconfig(2) takes 255 bytes and their NUL.
    private const int LongestValue = 255;

    /// <summary>Refuses options that cannot be, in Docker's words; what a filesystem thinks of its own is seen when it
    /// is mounted.</summary>
    /// <exception cref="UsageException">Names the option.</exception>
    public static void Check(IReadOnlyDictionary<string, string> options)
    {
        foreach (string name in options.Keys)
            if (!Array.Exists(s_known, row => row.Name == name)) throw new UsageException(
                $"invalid option: \"{name}\": known are {string.Join(", ", s_known.Select(row => row.Name))}");
        foreach (var (name, needs) in s_known)
            if (options.ContainsKey(name) && Array.Find(needs, need => !options.ContainsKey(need)) is { } missing)
                throw new UsageException($"missing required option: \"{missing}\": {name} is for a mount");
        if (options.TryGetValue("size", out string? size))
        {
            if (!ByteSize.TryParse(size, out _, out string problem))
                throw new UsageException($"option size: {problem}");
            if (options.ContainsKey("device")) throw new UsageException(
                "option size is for volumes in the engine's own directory: a filesystem's size is one of its options "
                + "(o=size=SIZE)");
        }
        if (options.TryGetValue("device", out string? device))
            CheckMount(options["type"], device, options.GetValueOrDefault("o", ""));
    }

    /// <summary>The limit of a volume in the engine's own directory; 0 for none.</summary>
    public static long SizeOf(Volume volume) =>
        ByteSize.TryParse(volume.Option("size"), out long bytes, out _) ? bytes : 0;

    /// <summary>What <c>o</c> says.</summary>
    public static MountOptions Parse(string o) => MountOptions.Of(o.Split(',', StringSplitOptions.RemoveEmptyEntries));

    /// <summary>
    /// A network filesystem's device and options with the address of the server in the place of its name, which the
    /// kernel cannot look up.
    /// </summary>
    /// <param name="type">The filesystem.</param>
    /// <param name="device">As given.</param>
    /// <param name="options">Its own options, one each; <c>addr=</c> is replaced in the list.</param>
    /// <exception cref="UsageException">Nobody knows the name.</exception>
    public static string Resolve(string type, string device, List<string> options)
    {
        if (type is not ("nfs" or "nfs4" or "cifs")) return device;
        int at = options.FindIndex(option => option.StartsWith("addr=", StringComparison.Ordinal));
        if (at >= 0) options[at] = "addr=" + AddressOf(options[at]["addr=".Length..]);
        else if (type == "cifs" && device.StartsWith("//", StringComparison.Ordinal))
        {
            int slash = device.IndexOf('/', 2);
            string server = slash < 0 ? device[2..] : device[2..slash];
            if (server.Length > 0) return $"//{AddressOf(server)}{device[(server.Length + 2)..]}";
        }
        return device;
    }

    private static void CheckMount(string type, string device, string o)
    {
        MountOptions options = Parse(o);
        if (options.IsBind && !device.StartsWith('/'))
            throw new UsageException($"option device: a bind mount's has to be an absolute path: \"{device}\"");
        if (options.IsBind && options.Data.Count > 0)
            throw new UsageException($"option o: a bind mount has no \"{options.Data[0]}\"");
        if (type.Length == 0 && !options.IsBind) throw new UsageException("option type: it is empty");
        if (options.Data.Contains("remount"))
            throw new UsageException("option o: a volume is mounted once: no remount");
        if (options.Data.Append(device).FirstOrDefault(value => value.Length > LongestValue) is { } value)
            throw new UsageException($"\"{value}\" is longer than the {LongestValue} bytes that fsconfig(2) takes");
        string host = device.StartsWith("//", StringComparison.Ordinal) ? device[2..].Split('/')[0] : "";
        if (type == "cifs" && host.Contains(':') && !host.EndsWith(']')) throw new UsageException(
            "option device: port not allowed in CIFS device URL, include 'port' in 'o='");
    }

    private static string AddressOf(string server)
    {
        if (IPAddress.TryParse(server, out _)) return server;
        try
        {
            IPAddress[] found = System.Net.Dns.GetHostAddresses(server);
            // As Docker's: one of IPv4 before others.
            return (Array.Find(found, address => address.AddressFamily == AddressFamily.InterNetwork) ?? found[0])
                .ToString();
        }
        catch (SocketException e)
        {
            throw new UsageException(
                $"error resolving passed in network volume address: {server}: {e.Message}: check the name in addr=, "
                + "and the host's resolvers", 125);
        }
    }
}
