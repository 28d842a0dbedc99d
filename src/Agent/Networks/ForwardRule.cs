using System.Text;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks;

/// <summary>A rule as iptables writes <c>-i NAME -j ACCEPT</c>.</summary>
/// <param name="Input">The interface that packets come from, with a + behind for how its name begins; empty for any.
/// </param>
/// <param name="Output">The interface that they leave by, in the same way.</param>
/// <param name="Verdict">What becomes of them.</param>
internal sealed record ForwardRule(string Input, string Output, NftVerdict Verdict)
{
    /// <summary>Whether it is one of these.</summary>
    public bool IsAmong(List<NftRuleInfo> rules) => rules.Exists(rule =>
        rule.Input == Input && rule.Output == Output && rule.Verdict == (int)Verdict);

    /// <summary>Appends it to a chain.</summary>
    public void AddTo(NftBatch batch, string table, string chain)
    {
        batch.BeginRule(table, chain);
        Compare(batch, NftMeta.InterfaceName, Input);
        Compare(batch, NftMeta.OutputInterfaceName, Output);
        batch.Counter();
        batch.Verdict(Verdict);
        batch.EndRule();
    }

    // A whole name is compared with its NUL.
    private static void Compare(NftBatch batch, NftMeta side, string name)
    {
        if (name.Length == 0) return;
        batch.Meta(side, NftBatch.Register);
        batch.Compare(NftCompare.Equal, NftBatch.Register,
            Encoding.ASCII.GetBytes(name.EndsWith('+') ? name[..^1] : name + "\0"));
    }
}
