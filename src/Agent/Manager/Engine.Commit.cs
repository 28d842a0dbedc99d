using Skiff.Agent.Containers;
using Skiff.Agent.Images;
using Skiff.Layers.Oci;

namespace Skiff.Agent.Manager;

/// <summary>Images of containers.</summary>
internal sealed partial class Engine
{
    /// <summary>Makes an image of a container, running or not, and returns its id.</summary>
    /// <param name="container">The container.</param>
    /// <param name="name">The image's name, or null.</param>
    /// <param name="author">Who; may be empty.</param>
    /// <param name="message">Why; may be empty.</param>
    /// <param name="changes">Dockerfile instructions to apply to its configuration.</param>
    /// <param name="pause">Freeze the container meanwhile, so that no file changes while it is read.</param>
    /// <param name="cancellation">Ends it; then nothing is left.</param>
    public Digest Commit(ContainerConfig container, Reference? name, string author, string message,
        IReadOnlyList<string> changes, bool pause, CancellationToken cancellation)
    {
        Digest parent = Digest.Parse(container.ImageId);
        var request = new CommitRequest(parent, Path.Combine(Containers.Directory(container.Id), "upper"),
            ContainerFactory.Defaults(container, Images.Open(parent).Config.Config), changes,
            string.Join(' ', container.Cmd), author, message);
        bool pausing = pause && StateOf(container).Status == "running";
        if (pausing) Pause(container);
        try
        {
            return new ImageCommit(Images).Run(request, name, cancellation);
        }
        finally
        {
            if (pausing) Unpause(container);
        }
    }
}
