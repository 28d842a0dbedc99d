using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

/// <summary>A chain of the table, and the rules that should be in it.</summary>
/// <param name="name">Its name.</param>
/// <param name="hook">Where a base chain sits; null for one that others lead to.</param>
/// <param name="priority">Of a base chain.</param>
internal sealed class PolicyChain(string name, NftHook? hook = null, int priority = 0)
{
    private readonly List<byte[]> _rules = [];

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Puts a rule behind the others.</summary>
    public void Add(Action<NftBatch> write) => _rules.Add(NftBatch.Expressions(write));

    /// <summary>Creates it.</summary>
    public void WriteTo(NftBatch batch, string table)
    {
        if (hook is { } place) batch.AddChain(table, name, NftChainType.Filter, place, priority);
        else batch.AddChain(table, name);
    }

    /// <summary>Writes its rules when they are not those of another.</summary>
    public void WriteRules(NftBatch batch, string table, PolicyChain? before)
    {
        if (before is not null && IsSame(before)) return;
        if (before is not null) batch.FlushChain(table, name);
        foreach (byte[] rule in _rules) batch.AddRule(table, name, rule);
    }

    private bool IsSame(PolicyChain other)
    {
        if (_rules.Count != other._rules.Count) return false;
        for (int i = 0; i < _rules.Count; i++)
            if (!_rules[i].AsSpan().SequenceEqual(other._rules[i])) return false;
        return true;
    }
}
