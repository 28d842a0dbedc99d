namespace Skiff.PowerCut;

/// <summary>One command of the loop.</summary>
/// <param name="Line">Shell for the guest; done when it ends with 0.</param>
/// <param name="Apply">What is there afterwards, given what the command printed.</param>
/// <param name="Committed">The container that it makes an image of, whose id it prints.</param>
internal sealed record Operation(string Line, Func<World, string, World> Apply, string? Committed = null)
{
    /// <summary>Stands for the image that a commit made, when nobody heard its id.</summary>
    public const string UnknownImage = "?";

    /// <summary>What the cut may have left done: the command printed nothing that anybody heard.</summary>
    public World Unheard(World before) => Apply(before, UnknownImage);
}
