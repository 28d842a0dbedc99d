using System.Buffers.Binary;

namespace Skiff.Interop.Netlink;

/// <summary>What chains there are, and a little about their rules.</summary>
public static class NftChains
{
    private const int HeaderSize = 4; // struct nfgenmsg

    /// <summary>The chain; null when it or its table is not there.</summary>
    public static NftChainInfo? Find(NetlinkSocket socket, byte family, string table, string chain)
    {
        using var batch = new NetlinkBatch();
        NftBatch.Begin(batch, Nftables.NFT_MSG_GETCHAIN, NetlinkFlags.None, "NFT_MSG_GETCHAIN", chain, family);
        batch.PutString(Nftables.NFTA_CHAIN_TABLE, table);
        batch.PutString(Nftables.NFTA_CHAIN_NAME, chain);
        NftChainInfo? found = null;
        NetlinkError error = socket.TryQuery<NftChainInfo?>(
            batch, static (message, ref found) => found = Read(message), ref found);
        if (error.Errno is not (Errno.None or Errno.ENOENT)) throw error.ToException();
        return found;
    }

    /// <summary>Whether a table of the inet family has the chain.</summary>
    public static bool Exists(NetlinkSocket socket, string table, string chain) =>
        Find(socket, Nftables.NFPROTO_INET, table, chain) is not null;

    /// <summary>All chains of all families.</summary>
    public static List<NftChainInfo> List(NetlinkSocket socket)
    {
        using var batch = new NetlinkBatch();
        NftBatch.Begin(batch, Nftables.NFT_MSG_GETCHAIN, NetlinkFlags.NLM_F_DUMP, "NFT_MSG_GETCHAIN", "",
            Nftables.NFPROTO_UNSPEC);
        return socket.Dump<NftChainInfo>(batch, static (message, ref rows) => rows.Add(Read(message)));
    }

    /// <summary>The chain's rules, as far as <see cref="NftRuleInfo"/> goes; none when it is not there.</summary>
    public static List<NftRuleInfo> Rules(NetlinkSocket socket, byte family, string table, string chain)
    {
        var rules = new List<NftRuleInfo>();
        Visit(socket, family, table, chain, message => rules.Add(NftRuleInfo.Read(message)));
        return rules;
    }

    /// <summary>Whether a rule of the chain has these bytes in it, such as an interface's name.</summary>
    public static bool Mentions(NetlinkSocket socket, byte family, string table, string chain, byte[] bytes)
    {
        bool isFound = false;
        Visit(socket, family, table, chain, message => isFound |= message.Payload.IndexOf(bytes) >= 0);
        return isFound;
    }

    private delegate void RuleVisitor(NetlinkMessage message);

    private static void Visit(NetlinkSocket socket, byte family, string table, string chain, RuleVisitor visitor)
    {
        using var batch = new NetlinkBatch();
        NftBatch.Begin(batch, Nftables.NFT_MSG_GETRULE, NetlinkFlags.NLM_F_DUMP, "NFT_MSG_GETRULE", chain, family);
        batch.PutString(Nftables.NFTA_RULE_TABLE, table);
        batch.PutString(Nftables.NFTA_RULE_CHAIN, chain);
        socket.Dump<RuleVisitor>(batch, (message, ref _) => visitor(message));
    }

    private static NftChainInfo Read(NetlinkMessage message)
    {
        string table = "", name = "";
        NftHook? hook = null;
        bool isClosed = false;
        int uses = 0;
        NetlinkAttributes attributes = message.Attributes(HeaderSize);
        while (attributes.MoveNext())
            switch (attributes.Type)
            {
                case Nftables.NFTA_CHAIN_TABLE: table = attributes.String; break;
                case Nftables.NFTA_CHAIN_NAME: name = attributes.String; break;
                case Nftables.NFTA_CHAIN_POLICY:
                    isClosed = BinaryPrimitives.ReadInt32BigEndian(attributes.Value) == (int)NftVerdict.Drop;
                    break;
                case Nftables.NFTA_CHAIN_USE:
                    uses = BinaryPrimitives.ReadInt32BigEndian(attributes.Value);
                    break;
                case Nftables.NFTA_CHAIN_HOOK:
                    NetlinkAttributes nested = attributes.Nested;
                    if (nested.TryFind(Nftables.NFTA_HOOK_HOOKNUM))
                        hook = (NftHook)BinaryPrimitives.ReadInt32BigEndian(nested.Value);
                    break;
            }
        return new NftChainInfo(message.Payload[0], table, name, hook, isClosed, uses);
    }
}
