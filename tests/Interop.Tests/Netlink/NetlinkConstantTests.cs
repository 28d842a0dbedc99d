using System.Globalization;
using System.Reflection;
using System.Text;
using Skiff.Interop.Netlink;

namespace Skiff.Interop.Tests.Netlink;

/// <summary>Every netlink number that the engine uses, against the C headers, by a small compiled program.</summary>
public class NetlinkConstantTests
{
    private const string Headers =
        """
        #include <stddef.h>
        #include <stdio.h>
        #include <sys/socket.h>
        #include <linux/if.h>
        #include <linux/netlink.h>
        #include <linux/rtnetlink.h>
        #include <linux/if_addr.h>
        #include <linux/if_link.h>
        #include <linux/netconf.h>
        #include <linux/veth.h>
        #include <linux/pkt_sched.h>
        #include <linux/netfilter.h>
        #include <linux/netfilter/nfnetlink.h>
        #include <linux/netfilter/nfnetlink_log.h>
        #include <linux/netfilter/nfnetlink_conntrack.h>
        #include <linux/netfilter/nf_tables.h>
        #include <linux/netfilter/nf_conntrack_common.h>

        """;

    [Fact]
    public void Netlink_numbers_are_those_of_the_C_headers()
    {
        Dictionary<string, long> ours = [];
        foreach (Type type in new[] { typeof(Rtnetlink), typeof(Nftables) })
            foreach (FieldInfo field in type.GetFields(BindingFlags.Static | BindingFlags.NonPublic))
                ours[field.Name] = Convert.ToInt64(field.GetRawConstantValue(), CultureInfo.InvariantCulture);
        foreach ((string name, long value) in s_others) ours[name] = value;
        foreach (NetlinkFlags flag in Enum.GetValues<NetlinkFlags>())
            if (flag != NetlinkFlags.None) ours[$"{flag}"] = (long)flag;

        Assert.InRange(ours.Count, 150, 400);
        Assert.Equal(ours.OrderBy(p => p.Key), AskCompiler(ours.Keys).OrderBy(p => p.Key));
    }

    private static readonly (string Expression, long Value)[] s_others =
    [
        ("sizeof(struct nlmsghdr)", 16),
        ("sizeof(struct ifinfomsg)", 16),
        ("sizeof(struct ifaddrmsg)", 8),
        ("sizeof(struct rtmsg)", 12),
        ("sizeof(struct nfgenmsg)", 4),
        ("sizeof(struct netconfmsg)", 1),
        ("sizeof(struct sockaddr_nl)", 12),
        ("offsetof(struct sockaddr_nl, nl_groups)", 8),
        ("NETLINK_ROUTE", (long)NetlinkFamily.NETLINK_ROUTE),
        ("NETLINK_NETFILTER", (long)NetlinkFamily.NETLINK_NETFILTER),
        ("NF_DROP", (long)NftVerdict.Drop),
        ("NF_ACCEPT", (long)NftVerdict.Accept),
        ("NFT_RETURN", (long)NftVerdict.Return),
        ("NF_INET_PRE_ROUTING", (long)NftHook.Prerouting),
        ("NF_INET_LOCAL_IN", (long)NftHook.Input),
        ("NF_INET_FORWARD", (long)NftHook.Forward),
        ("NF_INET_LOCAL_OUT", (long)NftHook.Output),
        ("NF_INET_POST_ROUTING", (long)NftHook.Postrouting),
        ("NF_INET_INGRESS", (long)NftHook.Ingress),
        ("sizeof(struct nfulnl_msg_config_mode)", 6),
        ("sizeof(struct tcmsg)", 20),
        ("sizeof(struct tc_tbf_qopt)", 36),
        ("__builtin_offsetof(struct tc_tbf_qopt, limit)", 24),
        ("__builtin_offsetof(struct tc_ratespec, rate)", 8),
        ("NFT_CMP_LT", (long)NftCompare.Less),
        ("NFT_CMP_LTE", (long)NftCompare.LessOrEqual),
        ("NFT_CMP_GTE", (long)NftCompare.GreaterOrEqual),
        ("NFT_CMP_EQ", (long)NftCompare.Equal),
        ("NFT_CMP_NEQ", (long)NftCompare.NotEqual),
        ("NFT_META_IIFNAME", (long)NftMeta.InterfaceName),
        ("NFT_META_OIFNAME", (long)NftMeta.OutputInterfaceName),
        ("NFT_META_NFPROTO", (long)NftMeta.NetworkProtocol),
        ("NFT_META_L4PROTO", (long)NftMeta.TransportProtocol),
        ("NFT_PAYLOAD_LL_HEADER", (long)NftPayloadBase.LinkLayer),
        ("NFT_PAYLOAD_NETWORK_HEADER", (long)NftPayloadBase.Network),
        ("NFT_PAYLOAD_TRANSPORT_HEADER", (long)NftPayloadBase.Transport),
        ("NFT_CT_STATE", (long)NftConntrack.State),
        ("NFT_CT_DIRECTION", (long)NftConntrack.Direction),
        ("NFT_CT_STATUS", (long)NftConntrack.Status),
    ];

    private static Dictionary<string, long> AskCompiler(IEnumerable<string> expressions)
    {
        var source = new StringBuilder(Headers).Append("int main(void) {\n");
        foreach (string expression in expressions)
            source.Append($"printf(\"{expression}=%lld\\n\", (long long)({expression}));\n");
        source.Append("}\n");
        DirectoryInfo directory = Directory.CreateTempSubdirectory("skiff-headers");
        try
        {
            string program = directory.FullName + "/numbers";
            File.WriteAllText(program + ".c", source.ToString());
            FreshNetwork.Output("gcc", "-o", program, program + ".c");
            return FreshNetwork.Output(program).Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split('='))
                .ToDictionary(pair => pair[0], pair => long.Parse(pair[1], CultureInfo.InvariantCulture));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
