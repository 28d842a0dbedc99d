using Skiff.Agent.Manager;
using Skiff.Agent.RuntimeSpec;

namespace Skiff.Agent.Cdi;

/// <summary>The version that a file is written in, which says what it may have.</summary>
internal readonly struct CdiVersion
{
    private static readonly string[] s_released =
        ["0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0"];

    private readonly int _number;

    private CdiVersion(int number) => _number = number;

    /// <summary>Reads cdiVersion.</summary>
    public static CdiVersion Read(SpecNode document)
    {
        string text = document.Text("cdiVersion");
        int number = Array.IndexOf(s_released, text.TrimStart('v'));
        return number >= 0 ? new CdiVersion(number)
            : throw document.Wrong("cdiVersion", $"is \"{text}\"; known are {string.Join(", ", s_released)}");
    }

    /// <summary>Refuses what came with a later version.</summary>
    /// <param name="node">Has the field.</param>
    /// <param name="name">The field.</param>
    /// <param name="since">The version that it came with.</param>
    /// <param name="what">What is new about it, unless it is the field itself.</param>
    /// <exception cref="UsageException">The file's version is an earlier one.</exception>
    public void Require(SpecNode node, string name, string since, string what = "")
    {
        if (node.Has(name) && _number < Array.IndexOf(s_released, since))
            throw node.Wrong(name, $"{what}needs cdiVersion {since}, and the file has {s_released[_number]}");
    }
}
