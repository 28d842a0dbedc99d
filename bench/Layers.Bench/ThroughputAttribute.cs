namespace Skiff.Layers.Bench;

/// <summary>Marks a benchmark that takes the whole sample layer once, so that its speed has a meaning.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ThroughputAttribute : Attribute;
