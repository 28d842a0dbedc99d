using System.Buffers.Binary;

namespace Skiff.Interop.Netlink;

/// <summary>
/// Rules are rows of expressions over 32-bit registers: some load a register, some compare it and end the rule, the
/// last ones act. <c>nft --debug=netlink</c> prints the same words.
/// </summary>
public sealed partial class NftBatch
{
    private int _ruleNest;

    /// <summary>Register 0 of the 32-bit ones; <c>Register + 1</c> is the next 4 bytes.</summary>
    public const int Register = (int)Nftables.NFT_REG32_00;

    /// <summary>
    /// Starts a rule at the end of <paramref name="chain"/>; expressions follow, <see cref="EndRule"/> closes it.
    /// </summary>
    public void BeginRule(string table, string chain)
    {
        Begin(Nftables.NFT_MSG_NEWRULE, Create | NetlinkFlags.NLM_F_APPEND, "NFT_MSG_NEWRULE", chain);
        _batch.PutString(Nftables.NFTA_RULE_TABLE, table);
        _batch.PutString(Nftables.NFTA_RULE_CHAIN, chain);
        _ruleNest = _batch.BeginNest(Nftables.NFTA_RULE_EXPRESSIONS);
    }

    /// <summary>
    /// The expressions of a rule as bytes, which can be compared, and put into batches by <see cref="AddRule"/>.
    /// </summary>
    public static byte[] Expressions(Action<NftBatch> write)
    {
        using var scratch = new NftBatch();
        int start = scratch._batch.Length;
        write(scratch);
        return scratch._batch.Bytes[start..].ToArray();
    }

    /// <summary>Adds a rule of these <see cref="Expressions"/> at the end of <paramref name="chain"/>.</summary>
    public void AddRule(string table, string chain, ReadOnlySpan<byte> expressions)
    {
        BeginRule(table, chain);
        expressions.CopyTo(_batch.Reserve(expressions.Length));
        EndRule();
    }

    /// <summary>Closes the rule.</summary>
    public void EndRule() => _batch.EndNest(_ruleNest);

    /// <summary>Loads a fact about the packet.</summary>
    public void Meta(NftMeta key, int register)
    {
        (int e, int d) = BeginExpression("meta");
        _batch.PutUInt32BigEndian(Nftables.NFTA_META_KEY, (uint)key);
        _batch.PutUInt32BigEndian(Nftables.NFTA_META_DREG, (uint)register);
        EndExpression(e, d);
    }

    /// <summary>Loads bytes of the packet; ends the rule when the packet is too short.</summary>
    public void Payload(NftPayloadBase from, int offset, int length, int register)
    {
        (int e, int d) = BeginExpression("payload");
        _batch.PutUInt32BigEndian(Nftables.NFTA_PAYLOAD_DREG, (uint)register);
        _batch.PutUInt32BigEndian(Nftables.NFTA_PAYLOAD_BASE, (uint)from);
        _batch.PutUInt32BigEndian(Nftables.NFTA_PAYLOAD_OFFSET, (uint)offset);
        _batch.PutUInt32BigEndian(Nftables.NFTA_PAYLOAD_LEN, (uint)length);
        EndExpression(e, d);
    }

    /// <summary>Loads a fact about the packet's connection.</summary>
    public void Conntrack(NftConntrack key, int register)
    {
        (int e, int d) = BeginExpression("ct");
        _batch.PutUInt32BigEndian(Nftables.NFTA_CT_KEY, (uint)key);
        _batch.PutUInt32BigEndian(Nftables.NFTA_CT_DREG, (uint)register);
        EndExpression(e, d);
    }

    /// <summary>Loads what the destination address is to this host (RTN_*: 2 is one of its own).</summary>
    public void DestinationType(int register)
    {
        (int e, int d) = BeginExpression("fib");
        _batch.PutUInt32BigEndian(Nftables.NFTA_FIB_DREG, (uint)register);
        _batch.PutUInt32BigEndian(Nftables.NFTA_FIB_RESULT, Nftables.NFT_FIB_RESULT_ADDRTYPE);
        _batch.PutUInt32BigEndian(Nftables.NFTA_FIB_FLAGS, Nftables.NFTA_FIB_F_DADDR);
        EndExpression(e, d);
    }

    /// <summary>Keeps the bits of <paramref name="mask"/>.</summary>
    public void And(int register, ReadOnlySpan<byte> mask)
    {
        (int e, int d) = BeginExpression("bitwise");
        _batch.PutUInt32BigEndian(Nftables.NFTA_BITWISE_SREG, (uint)register);
        _batch.PutUInt32BigEndian(Nftables.NFTA_BITWISE_DREG, (uint)register);
        _batch.PutUInt32BigEndian(Nftables.NFTA_BITWISE_LEN, (uint)mask.Length);
        PutData(Nftables.NFTA_BITWISE_MASK, mask);
        Span<byte> zeros = stackalloc byte[16];
        zeros.Clear();
        PutData(Nftables.NFTA_BITWISE_XOR, zeros[..mask.Length]);
        EndExpression(e, d);
    }

    /// <summary>Goes on only when the register compares so.</summary>
    public void Compare(NftCompare operation, int register, ReadOnlySpan<byte> value)
    {
        (int e, int d) = BeginExpression("cmp");
        _batch.PutUInt32BigEndian(Nftables.NFTA_CMP_SREG, (uint)register);
        _batch.PutUInt32BigEndian(Nftables.NFTA_CMP_OP, (uint)operation);
        PutData(Nftables.NFTA_CMP_DATA, value);
        EndExpression(e, d);
    }

    /// <summary>
    /// Goes on only when the set holds the key in the register (or does not, <paramref name="invert"/>).
    /// </summary>
    public void InSet(string set, int register, bool invert = false)
    {
        (int e, int d) = BeginExpression("lookup");
        _batch.PutString(Nftables.NFTA_LOOKUP_SET, set);
        _batch.PutUInt32BigEndian(Nftables.NFTA_LOOKUP_SREG, (uint)register);
        if (invert) _batch.PutUInt32BigEndian(Nftables.NFTA_LOOKUP_FLAGS, Nftables.NFT_LOOKUP_F_INV);
        EndExpression(e, d);
    }

    /// <summary>Loads the map's value for the key in the register; ends the rule when it has none.</summary>
    public void FromMap(string map, int keyRegister, int valueRegister)
    {
        (int e, int d) = BeginExpression("lookup");
        _batch.PutString(Nftables.NFTA_LOOKUP_SET, map);
        _batch.PutUInt32BigEndian(Nftables.NFTA_LOOKUP_SREG, (uint)keyRegister);
        _batch.PutUInt32BigEndian(Nftables.NFTA_LOOKUP_DREG, (uint)valueRegister);
        EndExpression(e, d);
    }

    /// <summary>Goes on in the chain that a map of verdicts has for the key; past the rule when it has none.</summary>
    public void ToChainOf(string map, int keyRegister) =>
        FromMap(map, keyRegister, (int)Nftables.NFT_REG_VERDICT);

    /// <summary>Counts the packet in a counter that has a name.</summary>
    public void Count(string counter)
    {
        (int e, int d) = BeginExpression("objref");
        _batch.PutUInt32BigEndian(Nftables.NFTA_OBJREF_IMM_TYPE, Nftables.NFT_OBJECT_COUNTER);
        _batch.PutString(Nftables.NFTA_OBJREF_IMM_NAME, counter);
        EndExpression(e, d);
    }

    /// <summary>Goes on for so many packets a second, after a number that may come at once.</summary>
    public void Limit(int packetsPerSecond, int burst)
    {
        (int e, int d) = BeginLimit(packetsPerSecond, burst, Nftables.NFT_LIMIT_PKTS);
        EndExpression(e, d);
    }

    /// <summary>
    /// Goes on for packets that are more than so many bytes a second, and a burst: a second's worth and these bytes may
    /// come at once.
    /// </summary>
    public void Beyond(long bytesPerSecond, int burst)
    {
        (int e, int d) = BeginLimit(bytesPerSecond, burst, Nftables.NFT_LIMIT_PKT_BYTES);
        _batch.PutUInt32BigEndian(Nftables.NFTA_LIMIT_FLAGS, Nftables.NFT_LIMIT_F_INV);
        EndExpression(e, d);
    }

    private (int Expression, int Data) BeginLimit(long perSecond, int burst, uint type)
    {
        (int, int) expression = BeginExpression("limit");
        BinaryPrimitives.WriteUInt64BigEndian(_batch.Attribute(Nftables.NFTA_LIMIT_RATE, 8), (ulong)perSecond);
        BinaryPrimitives.WriteUInt64BigEndian(_batch.Attribute(Nftables.NFTA_LIMIT_UNIT, 8), 1);
        _batch.PutUInt32BigEndian(Nftables.NFTA_LIMIT_BURST, (uint)burst);
        _batch.PutUInt32BigEndian(Nftables.NFTA_LIMIT_TYPE, type);
        return expression;
    }

    /// <summary>Gives the packet's beginning to whoever listens to the group (nfnetlink_log).</summary>
    public void Log(ushort group, string prefix, int bytes)
    {
        (int e, int d) = BeginExpression("log");
        BinaryPrimitives.WriteUInt16BigEndian(_batch.Attribute(Nftables.NFTA_LOG_GROUP, 2), group);
        _batch.PutString(Nftables.NFTA_LOG_PREFIX, prefix);
        _batch.PutUInt32BigEndian(Nftables.NFTA_LOG_SNAPLEN, (uint)bytes);
        EndExpression(e, d);
    }

    /// <summary>Sends the connection to the address and port in the registers.</summary>
    public void DestinationNat(int addressRegister, int portRegister, bool ipv6 = false)
    {
        (int e, int d) = BeginExpression("nat");
        _batch.PutUInt32BigEndian(Nftables.NFTA_NAT_TYPE, Nftables.NFT_NAT_DNAT);
        _batch.PutUInt32BigEndian(
            Nftables.NFTA_NAT_FAMILY, ipv6 ? Nftables.NFPROTO_IPV6 : Nftables.NFPROTO_IPV4);
        _batch.PutUInt32BigEndian(Nftables.NFTA_NAT_REG_ADDR_MIN, (uint)addressRegister);
        _batch.PutUInt32BigEndian(Nftables.NFTA_NAT_REG_PROTO_MIN, (uint)portRegister);
        EndExpression(e, d);
    }

    /// <summary>Gives the connection the outgoing interface's own address as its source.</summary>
    public void Masquerade()
    {
        (int e, int d) = BeginExpression("masq");
        EndExpression(e, d);
    }

    /// <summary>Decides.</summary>
    public void Verdict(NftVerdict verdict)
    {
        (int e, int d) = BeginExpression("immediate");
        _batch.PutUInt32BigEndian(Nftables.NFTA_IMMEDIATE_DREG, Nftables.NFT_REG_VERDICT);
        int data = _batch.BeginNest(Nftables.NFTA_IMMEDIATE_DATA);
        PutVerdict((int)verdict);
        _batch.EndNest(data);
        EndExpression(e, d);
    }

    private void PutVerdict(int code, string? chain = null)
    {
        int nest = _batch.BeginNest(Nftables.NFTA_DATA_VERDICT);
        _batch.PutUInt32BigEndian(Nftables.NFTA_VERDICT_CODE, (uint)code);
        if (chain is not null) _batch.PutString(Nftables.NFTA_VERDICT_CHAIN, chain);
        _batch.EndNest(nest);
    }

    private (int Expression, int Data) BeginExpression(string name)
    {
        int expression = _batch.BeginNest(Nftables.NFTA_LIST_ELEM);
        _batch.PutString(Nftables.NFTA_EXPR_NAME, name);
        return (expression, _batch.BeginNest(Nftables.NFTA_EXPR_DATA));
    }

    private void EndExpression(int expression, int data)
    {
        _batch.EndNest(data);
        _batch.EndNest(expression);
    }
}
