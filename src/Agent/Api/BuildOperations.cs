using Skiff.Agent.Api.Http;

namespace Skiff.Agent.Api;

/// <summary>ImageBuild, BuildPrune and Session: the door that a builder will stand behind.</summary>
internal static class BuildOperations
{
    /// <summary>POST /build and /session.</summary>
    public static Task Refuse(ApiServer server, Exchange x) => throw new ApiException(501,
        "this engine does not build images yet: build with a builder of its own (docker buildx create --driver remote, "
        + "buildah, kaniko), then pull or load the image");

    /// <summary>POST /build/prune, the end of <c>docker system prune</c>: nothing is cached, so that nothing is left to
    /// choose from.</summary>
    public static Task Prune(ApiServer server, Exchange x)
    {
        Filters.Read(x);
        return x.JsonAsync(200, w =>
        {
            w.WriteStartObject();
            w.WriteNull("CachesDeleted");
            w.WriteNumber("SpaceReclaimed", 0);
            w.WriteEndObject();
        });
    }
}
