using Skiff.Agent.Manager;
using Skiff.Interop;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Networks;

/// <summary>
/// Sysctls of a container's interface, as Docker has them: an option of the endpoint with
/// <c>net.ipv4.conf.IFNAME.log_martians=1</c>, several with commas between.
/// </summary>
internal static class EndpointSysctls
{
    /// <summary>The option.</summary>
    public const string Key = "com.docker.network.endpoint.sysctls";

    /// <summary>Refuses what is no sysctl of an interface.</summary>
    public static void Check(string text)
    {
        foreach (string sysctl in text.Split(',')) Parse(sysctl);
    }

    /// <summary>Sets what an endpoint asks for. Its interface is there, and neither up nor with addresses.</summary>
    /// <param name="inside">The container's namespace.</param>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="name">What the interface is called now.</param>
    public static void Set(NetNamespace inside, Endpoint endpoint, string name)
    {
        if (endpoint.Sysctls.Length == 0) return;
        using var scope = new NetNamespaceScope(inside.Fd);
        foreach (string sysctl in endpoint.Sysctls.Split(','))
        {
            (string[] parts, string value) = Parse(sysctl);
            parts[3] = name;
            string path = "/proc/sys/" + string.Join('/', parts);
            if (Files.TryWriteFile(path, value) is not Errno.None and var errno)
                throw new LinuxException(errno, "write", path, $"set the sysctl {sysctl} of container "
                    + $"{endpoint.ContainerId} on network {endpoint.NetworkName}");
        }
    }

    private static (string[] Parts, string Value) Parse(string sysctl)
    {
        int equals = sysctl.IndexOf('=');
        string[] parts = (equals < 0 ? sysctl : sysctl[..equals]).Trim().Split('.');
        if (parts is not ["net", "ipv4" or "ipv6" or "mpls", var kind, "IFNAME" or "ifname", var what]
            || !IsName(kind) || !IsName(what)) throw new UsageException($"unrecognised network interface sysctl "
                + $"'{sysctl}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or "
                + "'mpls'");
        return equals >= 0 ? (parts, sysctl[(equals + 1)..].Trim())
            : throw new UsageException($"expected sysctl '{sysctl}' to have format name=value");
    }

    // Parts become names of directories.
    private static bool IsName(string part)
    {
        foreach (char c in part)
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '_') return false;
        return part.Length > 0;
    }
}
