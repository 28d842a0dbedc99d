using System.Buffers.Binary;
using System.Text;

namespace Skiff.Interop.Netlink;

/// <summary>What a simple rule asks for and decides; of others, parts.</summary>
/// <param name="Handle">Its number in the table.</param>
/// <param name="Input">The interface that packets come from; with a + behind, how its name begins; empty for any.
/// </param>
/// <param name="Output">The interface that they leave by, in the same way.</param>
/// <param name="Verdict">NF_* or NFT_*; null when it decides nothing.</param>
/// <param name="Target">The chain that it jumps to; empty for none.</param>
public sealed record NftRuleInfo(ulong Handle, string Input, string Output, int? Verdict, string Target)
{
    private const int HeaderSize = 4; // struct nfgenmsg

    internal static NftRuleInfo Read(NetlinkMessage message)
    {
        var rule = new NftRuleInfo(0, "", "", null, "");
        NetlinkAttributes attributes = message.Attributes(HeaderSize);
        while (attributes.MoveNext())
            if (attributes.Type == Nftables.NFTA_RULE_HANDLE)
                rule = rule with { Handle = BinaryPrimitives.ReadUInt64BigEndian(attributes.Value) };
            else if (attributes.Type == Nftables.NFTA_RULE_EXPRESSIONS)
                rule = rule.With(attributes.Nested);
        return rule;
    }

    private NftRuleInfo With(NetlinkAttributes expressions)
    {
        NftRuleInfo rule = this;
        int meta = -1;
        while (expressions.MoveNext())
        {
            NetlinkAttributes data = expressions.Nested;
            if (!data.TryFind(Nftables.NFTA_EXPR_NAME)) continue;
            string name = data.String;
            if (!Enter(ref data, Nftables.NFTA_EXPR_DATA)) continue;
            if (name == "immediate") rule = rule.WithVerdict(data);
            else if (name == "cmp") rule = rule.WithInterface(data, meta);
            meta = name == "meta" && data.TryFind(Nftables.NFTA_META_KEY)
                ? BinaryPrimitives.ReadInt32BigEndian(data.Value) : -1;
        }
        return rule;
    }

    private NftRuleInfo WithVerdict(NetlinkAttributes data)
    {
        NftRuleInfo rule = this;
        if (!Enter(ref data, Nftables.NFTA_IMMEDIATE_DATA) || !Enter(ref data, Nftables.NFTA_DATA_VERDICT)) return rule;
        while (data.MoveNext())
            if (data.Type == Nftables.NFTA_VERDICT_CODE)
                rule = rule with { Verdict = BinaryPrimitives.ReadInt32BigEndian(data.Value) };
            else if (data.Type == Nftables.NFTA_VERDICT_CHAIN)
                rule = rule with { Target = data.String };
        return rule;
    }

    private NftRuleInfo WithInterface(NetlinkAttributes data, int meta)
    {
        if (meta is not ((int)NftMeta.InterfaceName or (int)NftMeta.OutputInterfaceName)) return this;
        bool isEqual = false;
        string name = "";
        while (data.MoveNext())
            if (data.Type == Nftables.NFTA_CMP_OP)
                isEqual = BinaryPrimitives.ReadInt32BigEndian(data.Value) == (int)NftCompare.Equal;
            else if (data.Type == Nftables.NFTA_CMP_DATA && data.Nested is var nested
                && nested.TryFind(Nftables.NFTA_DATA_VALUE))
                name = nested.Value.IndexOf((byte)0) >= 0 ? nested.String
                    : Encoding.UTF8.GetString(nested.Value) + "+";
        if (!isEqual) return this;
        return meta == (int)NftMeta.InterfaceName ? this with { Input = name } : this with { Output = name };
    }

    private static bool Enter(ref NetlinkAttributes attributes, ushort type)
    {
        if (!attributes.TryFind(type)) return false;
        attributes = attributes.Nested;
        return true;
    }
}
