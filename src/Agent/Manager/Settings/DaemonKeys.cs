namespace Skiff.Agent.Manager.Settings;

/// <summary>
/// Members of Docker's daemon.json that an agent does not take. What would change how containers are kept, seen or
/// protected is refused; what changes nothing that one could rely on is passed over.
/// </summary>
internal static class DaemonKeys
{
    private const string Logs = "belongs in /etc/skiff/logs.json, which skiff run reads, too";
    private const string Registries = "belongs in /etc/skiff/registries.json, which skiff pull reads, too";
    private const string Container = "is said of each container: there is no default for all";
    private const string Network = "is said of each network: there is no default for all";
    private const string Store = "is said to every verb, in the environment of the agent, too: ";
    private const string Absent = "has no counterpart here";

    // A null is passed over.
    private static readonly Dictionary<string, string?> s_keys = new()
    {
        ["log-driver"] = Logs, ["log-opts"] = Logs,
        ["insecure-registries"] = Registries, ["registry-mirrors"] = Registries,
        ["allow-nondistributable-artifacts"] = Absent,
        ["data-root"] = Store + "SKIFF_ROOT", ["graph"] = Store + "SKIFF_ROOT",
        ["exec-root"] = Store + "SKIFF_RUN_ROOT",
        ["storage-driver"] = Store + "SKIFF_SNAPSHOTTER", ["storage-opts"] = Absent,
        ["cdi-spec-dirs"] = Store + "SKIFF_CDI_SPEC_DIRS", ["proxies"] = Store + "HTTPS_PROXY and NO_PROXY",
        ["http-proxy"] = Store + "HTTP_PROXY", ["https-proxy"] = Store + "HTTPS_PROXY",
        ["no-proxy"] = Store + "NO_PROXY",
        ["dns"] = Container, ["dns-opts"] = Container, ["dns-search"] = Container, ["cgroup-parent"] = Container,
        ["default-shm-size"] = Container, ["default-ulimits"] = Container, ["default-ipc-mode"] = Container,
        ["default-cgroupns-mode"] = Container, ["host-gateway-ip"] = Container, ["host-gateway-ips"] = Container,
        ["init"] = Container, ["init-path"] = Container, ["no-new-privileges"] = Container,
        ["seccomp-profile"] = Container, ["userns-remap"] = Container, ["selinux-enabled"] = Container,
        ["oom-score-adjust"] = Container, ["cpu-rt-period"] = Container, ["cpu-rt-runtime"] = Container,
        ["bip"] = Network, ["bip6"] = Network, ["bridge"] = Network, ["fixed-cidr"] = Network,
        ["fixed-cidr-v6"] = Network, ["default-gateway"] = Network, ["default-gateway-v6"] = Network,
        ["icc"] = Network, ["ip"] = Network, ["ip-masq"] = Network, ["ipv6"] = Network, ["mtu"] = Network,
        ["default-address-pools"] = Network, ["default-network-opts"] = Network,
        ["allow-direct-routing"] = Network, ["bridge-accept-fwmark"] = Network, ["firewall-backend"] = Absent,
        ["iptables"] = Absent, ["ip6tables"] = Absent, ["ip-forward"] = Absent, ["ip-forward-no-drop"] = Absent,
        ["authorization-plugins"] = "has no counterpart here: a socket with a scope restricts its clients",
        ["runtimes"] = Absent, ["default-runtime"] = Absent, ["containerd"] = Absent,
        ["api-cors-header"] = Absent, ["exec-opts"] = Absent, ["tlsauto"] = Absent,
        ["cluster-store"] = Absent, ["cluster-store-opts"] = Absent, ["cluster-advertise"] = Absent,
        ["node-generic-resources"] = Absent, ["swarm-default-advertise-addr"] = Absent,
        ["builder"] = null, ["containerd-namespace"] = null, ["containerd-plugin-namespace"] = null,
        ["experimental"] = null, ["features"] = null, ["live-restore"] = null, ["log-format"] = null,
        ["log-level"] = null, ["max-concurrent-downloads"] = null, ["max-concurrent-uploads"] = null,
        ["max-download-attempts"] = null, ["min-api-version"] = null, ["network-control-plane-mtu"] = null,
        ["network-diagnostic-port"] = null, ["no-pivot-root"] = null, ["pidfile"] = null, ["raw-logs"] = null,
        ["shutdown-timeout"] = null, ["userland-proxy"] = null, ["userland-proxy-path"] = null,
    };

    /// <summary>Whether a key is Docker's, and what to say of it.</summary>
    /// <param name="key">The key.</param>
    /// <param name="problem">Why it is refused; null for one that is passed over.</param>
    public static bool TryGet(string key, out string? problem) => s_keys.TryGetValue(key, out problem);
}
