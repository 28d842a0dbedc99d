namespace Skiff.Layers.Compression;

/// <summary>Waiting in a stage that has a thread of its own.</summary>
internal static class Blocking
{
    /// <summary>The result; blocks only, and allocates only, when it is not there yet.</summary>
    public static T Wait<T>(ValueTask<T> task) =>
        task.IsCompleted ? task.GetAwaiter().GetResult() : task.AsTask().GetAwaiter().GetResult();
}
