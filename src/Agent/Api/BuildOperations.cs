using Skiff.Agent.Api.Http;

namespace Skiff.Agent.Api;

/// <summary>ImageBuild, BuildPrune and Session: the door that a builder will stand behind.</summary>
internal static class BuildOperations
{
    /// <summary>What clients of BuildKit ask for besides; the description of the API has it not.</summary>
    public static readonly string[] OtherPaths = ["/grpc", "/build/cancel"];

    /// <summary>POST /build and /session.</summary>
    public static Task Refuse(ApiServer server, Exchange x) => throw Missing();

    /// <summary>What those are told who would have something built.</summary>
    public static ApiException Missing() => new(501, "this engine does not build images yet: build with a builder of "
        + "its own (docker buildx create --driver docker-container, buildah, kaniko), then pull or load the image");

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
