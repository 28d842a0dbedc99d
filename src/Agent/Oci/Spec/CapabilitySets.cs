using Skiff.Agent.RuntimeSpec;
using Skiff.Interop.Processes;

namespace Skiff.Agent.Oci.Spec;

/// <summary>The five sets of capabilities(7).</summary>
/// <param name="Bounding">What exec can give at most.</param>
/// <param name="Effective">What counts.</param>
/// <param name="Permitted">What can be made effective.</param>
/// <param name="Inheritable">What files can give on.</param>
/// <param name="Ambient">What exec keeps.</param>
internal readonly record struct CapabilitySets(
    CapabilitySet Bounding, CapabilitySet Effective, CapabilitySet Permitted, CapabilitySet Inheritable,
    CapabilitySet Ambient)
{
    /// <summary>Reads process.capabilities; none at all when it is missing.</summary>
    /// <param name="process">The process.</param>
    /// <param name="warnings">Gets what cannot be given: the kernel has it not, or this process has it not.</param>
    public static CapabilitySets Read(SpecNode process, List<string> warnings)
    {
        if (process.Child("capabilities") is not { } node) return default;
        CapabilitySet own = Capabilities.Current().Permitted & Capabilities.All, missing = default;
        var sets = new CapabilitySets(Set("bounding"), Set("effective"), Set("permitted"), Set("inheritable"),
            Set("ambient"));
        if (missing.Bits != 0)
            warnings.Add($"{node.Path}: {missing} cannot be given: this runtime does not have it itself");
        return sets;

        CapabilitySet Set(string name)
        {
            ulong bits = 0;
            foreach (string text in node.Texts(name))
                bits |= text.StartsWith("CAP_", StringComparison.Ordinal) && Capabilities.TryParse(text, out int bit)
                    ? 1UL << bit : throw node.Wrong(name, $"has \"{text}\", which is no capability");
            missing |= new CapabilitySet(bits) - own;
            return new CapabilitySet(bits) & own;
        }
    }

    /// <summary>With one capability more in the sets that make it usable.</summary>
    public CapabilitySets With(CapabilitySet more) => new(
        Bounding | more, Effective | more, Permitted | more, Inheritable, Ambient);
}
