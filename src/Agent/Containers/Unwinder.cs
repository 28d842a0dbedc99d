namespace Skiff.Agent.Containers;

/// <summary>
/// What has been set up so far and how to take it back. Runs in reverse; one failing step does not stop the others.
/// </summary>
internal sealed class Unwinder
{
    private readonly Stack<(string What, Action Undo)> _steps = new();

    /// <summary>
    /// Remembers how to undo what was just done; <paramref name="what"/> says it in words for error messages.
    /// </summary>
    public void Push(string what, Action undo) => _steps.Push((what, undo));

    /// <summary>Takes over what another one knows, as done last; that one knows nothing any more.</summary>
    public void Take(Unwinder other)
    {
        foreach (var step in other._steps.Reverse()) _steps.Push(step);
        other._steps.Clear();
    }

    /// <summary>Undoes everything and returns what failed, in words; empty when all went well. Idempotent.</summary>
    public List<string> Run()
    {
        var failures = new List<string>();
        while (_steps.TryPop(out var step))
        {
            try
            {
                step.Undo();
            }
            catch (Exception e)
            {
                failures.Add($"{step.What}: {e.Message}");
            }
        }
        return failures;
    }
}
