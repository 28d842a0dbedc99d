namespace Skiff.Agent.Manager.Settings;

/// <summary>What the clients of a socket may do.</summary>
/// <param name="Key">The label of what they see and change; empty: they see everything, and change nothing.</param>
/// <param name="Value">Its value.</param>
internal sealed record SocketScope(string Key, string Value)
{
    private const string Label = "label:", ReadOnlyWord = "read-only";

    /// <summary>Whether nothing may be changed.</summary>
    public bool IsReadOnly => Key.Length == 0;

    /// <summary>Reads <c>read-only</c> or <c>label:KEY=VALUE</c>.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static SocketScope Parse(string text)
    {
        if (text == ReadOnlyWord) return new SocketScope("", "");
        string label = text.StartsWith(Label, StringComparison.Ordinal) ? text[Label.Length..] : "";
        // Both parts: everything without the label has an empty value, too.
        return label.IndexOf('=') is > 0 and var equals && equals < label.Length - 1
            ? new SocketScope(label[..equals], label[(equals + 1)..])
            : throw new UsageException($"bad scope \"{text}\": expected {ReadOnlyWord} or {Label}KEY=VALUE");
    }

    /// <summary>Whether something with these labels is within it.</summary>
    public bool Has(IReadOnlyDictionary<string, string> labels) =>
        IsReadOnly || labels.TryGetValue(Key, out string? value) && value == Value;

    /// <summary>As it was written.</summary>
    public override string ToString() => IsReadOnly ? ReadOnlyWord : $"{Label}{Key}={Value}";
}
