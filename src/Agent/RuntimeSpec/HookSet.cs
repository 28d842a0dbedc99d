namespace Skiff.Agent.RuntimeSpec;

/// <summary>The programs that are run along the life of a container.</summary>
/// <param name="Prestart">As <paramref name="CreateRuntime"/>, before it; deprecated.</param>
/// <param name="CreateRuntime">During create, outside, once the namespaces are there.</param>
/// <param name="CreateContainer">During create, in the container's namespaces, before its root is its own.</param>
/// <param name="StartContainer">During start, inside.</param>
/// <param name="Poststart">After start, outside.</param>
/// <param name="Poststop">After delete, outside.</param>
internal sealed record HookSet(
    HookEntry[] Prestart, HookEntry[] CreateRuntime, HookEntry[] CreateContainer, HookEntry[] StartContainer,
    HookEntry[] Poststart, HookEntry[] Poststop)
{
    /// <summary>No hook.</summary>
    public static HookSet None { get; } = Of(_ => []);

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => Prestart.Length + CreateRuntime.Length + CreateContainer.Length + StartContainer.Length
        + Poststart.Length + Poststop.Length == 0;

    /// <summary>Reads hooks of the document.</summary>
    public static HookSet Read(SpecNode document) =>
        document.Child("hooks") is { } node ? Of(kind => node.Items(kind, HookEntry.Read)) : None;

    /// <summary>The hooks that <paramref name="list"/> has of each kind.</summary>
    public static HookSet Of(Func<string, HookEntry[]> list) => new(list("prestart"), list("createRuntime"),
        list("createContainer"), list("startContainer"), list("poststart"), list("poststop"));

    /// <summary>These, and behind those of each kind the others.</summary>
    public HookSet Then(HookSet others) => new(
        [.. Prestart, .. others.Prestart], [.. CreateRuntime, .. others.CreateRuntime],
        [.. CreateContainer, .. others.CreateContainer], [.. StartContainer, .. others.StartContainer],
        [.. Poststart, .. others.Poststart], [.. Poststop, .. others.Poststop]);
}
