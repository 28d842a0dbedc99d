using Skiff.Agent.Manager;

namespace Skiff.Agent.Networks.Policies;

/// <summary>A mapping whose keys are all known, and there once.</summary>
internal sealed class YamlFields
{
    private readonly string _what;

    /// <summary>Takes a mapping.</summary>
    /// <param name="node">The mapping.</param>
    /// <param name="what">What it is called in errors.</param>
    /// <param name="known">Its keys.</param>
    /// <exception cref="UsageException">It is none, or has a key that is not known, or twice.</exception>
    public YamlFields(YamlNode node, string what, params ReadOnlySpan<string> known)
    {
        (Node, _what) = (node, what);
        if (node.Keys is not { } keys) throw node.Wrong($"a {what} has to be a mapping");
        for (int i = 0; i < keys.Count; i++)
        {
            string key = keys[i].Text!;
            if (!known.Contains(key)) throw keys[i].Wrong(
                $"unknown field {key}: {string.Join(", ", known.ToArray())} are known in a {what}");
            for (int j = 0; j < i; j++)
                if (keys[j].Text == key) throw keys[i].Wrong($"{key} is there twice");
        }
    }

    /// <summary>The mapping.</summary>
    public YamlNode Node { get; }

    /// <summary>The value of a key; null when it is not there.</summary>
    public YamlNode? Find(string key)
    {
        int index = Node.Keys!.FindIndex(node => node.Text == key);
        return index < 0 ? null : Node.Items![index];
    }

    /// <summary>The value of a key that has another name, too.</summary>
    /// <exception cref="UsageException">Both are there.</exception>
    public YamlNode? Find(string key, string alias) => Find(key) is not { } found ? Find(alias)
        : Find(alias) is { } other ? throw other.Wrong($"{alias} is another name of {key}: one is enough") : found;

    /// <summary>The value of a key that has to be there.</summary>
    public YamlNode Get(string key) => Find(key) ?? throw Node.Wrong($"{_what} has no {key}");
}
