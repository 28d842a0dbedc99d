namespace Skiff.System.Tests;

/// <summary>The collection of tests that count what is on the machine: they run after the others, one by one.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    /// <summary>Its name.</summary>
    public const string Name = "alone";
}
