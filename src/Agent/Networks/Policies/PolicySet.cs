using System.Text;
using Skiff.Interop.Netlink;

namespace Skiff.Agent.Networks.Policies;

/// <summary>A set or map of the table: its form, and what should be in it.</summary>
/// <param name="form">The form; always the same for one name.</param>
internal sealed class PolicySet(NftSet form)
{
    // Bytes as letters (Latin 1), which compare and hash: the key, of an interval with the address behind its last, and
    // the chain of a map.
    private readonly Dictionary<string, string> _elements = new(StringComparer.Ordinal);

    /// <summary>The form.</summary>
    public NftSet Form => form;

    /// <summary>Whether it leads to chains.</summary>
    public bool IsMap => form.Value is not null;

    /// <summary>Puts an element in; of the same key, the last one counts.</summary>
    public void Add(ReadOnlySpan<byte> key, string chain = "") => _elements[Encoding.Latin1.GetString(key)] = chain;

    /// <summary>Writes what makes this set from another; null is an empty one.</summary>
    public void WriteChange(NftBatch batch, string table, PolicySet? before)
    {
        List<string> removed = before is null ? [] : Lacking(before, this), added = before is null
            ? [.. _elements.Keys] : Lacking(this, before);
        if (removed.Count > 0)
        {
            batch.BeginDeleteElements(table, form.Name);
            foreach (string key in removed) Write(batch, key, "");
            batch.EndElements();
        }
        if (added.Count == 0) return;
        batch.BeginAddElements(table, form.Name);
        foreach (string key in added) Write(batch, key, _elements[key]);
        batch.EndElements();
    }

    private static List<string> Lacking(PolicySet one, PolicySet other)
    {
        var keys = new List<string>();
        foreach ((string key, string chain) in one._elements)
            if (!other._elements.TryGetValue(key, out string? there) || there != chain) keys.Add(key);
        return keys;
    }

    private void Write(NftBatch batch, string key, string chain)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(key);
        if (!form.IsInterval)
        {
            if (chain.Length > 0) batch.ElementTo(bytes, chain);
            else batch.Element(bytes);
            return;
        }
        ReadOnlySpan<byte> first = bytes.AsSpan(0, bytes.Length / 2), end = bytes.AsSpan(bytes.Length / 2);
        batch.Element(first);
        // One that reaches the last address of all has no end.
        if (end.ContainsAnyExcept((byte)0)) batch.Element(end, isIntervalEnd: true);
    }
}
