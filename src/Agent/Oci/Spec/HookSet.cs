namespace Skiff.Agent.Oci.Spec;

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
    /// <summary>Reads hooks of the document.</summary>
    public static HookSet Read(SpecNode document)
    {
        if (document.Child("hooks") is not { } node) return new HookSet([], [], [], [], [], []);
        return new HookSet(List("prestart"), List("createRuntime"), List("createContainer"), List("startContainer"),
            List("poststart"), List("poststop"));

        HookEntry[] List(string kind) => node.Items(kind, HookEntry.Read);
    }
}
