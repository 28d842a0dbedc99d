namespace Skiff.Interop.Tests.Processes;

/// <summary>
/// Tests that look at state of the whole process (children, dumpable, descriptors) run beside no other.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class LaunchCollection
{
    /// <summary>The collection's name.</summary>
    public const string Name = "launches";
}
