#include "db/manifest.hpp"

#include "support/catch.hpp"

namespace agentcron::db {
namespace {

const Manifest expected{15,
                        {{"column", "leases.agent", "text not null"},
                         {"constraint", "leases.leases_pkey", "PRIMARY KEY (task_id)"},
                         {"function", "f(a text)", "body 1 sql"},
                         {"index", "leases.i", "CREATE INDEX i"},
                         {"table", "leases", ""},
                         {"view", "inbox", "columns 1 body 2"}}};

Manifest without(Manifest manifest, const std::string& name) {
    std::erase_if(manifest.objects, [&](const auto& object) { return object.name == name; });
    return manifest;
}

Manifest changed(Manifest manifest, const std::string& name, const std::string& definition) {
    for (auto& object : manifest.objects)
        if (object.name == name) object.definition = definition;
    return manifest;
}

} // namespace

TEST_CASE("a manifest reads back as it was written", "[unit][db][doctor]") {
    const Manifest manifest{15, {{"table", "a", ""}, {"column", "a.b", "text default ': '::text"}}};
    const auto text = manifest_text(manifest);
    CHECK(text == "postgresql 15\ntable a:\ncolumn a.b: text default ': '::text\n");
    const auto read = manifest_from(text);
    CHECK(read.major == 15);
    CHECK(read.objects == manifest.objects);
}

TEST_CASE("the compiled manifest is whole", "[unit][db][doctor]") {
    const auto manifest = expected_schema();
    CHECK(manifest.major >= 15);
    CHECK(manifest.objects.size() > 400);
    CHECK(compare(manifest, manifest).empty());
}

TEST_CASE("each kind of drift is found", "[unit][db][doctor]") {
    const auto missing = compare(expected, without(expected, "leases.i"));
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].kind == Drift::Kind::missing);
    CHECK(missing[0].object.definition == "CREATE INDEX i");
    const auto other = compare(expected, changed(expected, "leases.agent", "text"));
    REQUIRE(other.size() == 1);
    CHECK(other[0].kind == Drift::Kind::changed);
    CHECK(other[0].actual == "text");
    const auto more = compare(without(expected, "f(a text)"), expected);
    REQUIRE(more.size() == 1);
    CHECK(more[0].kind == Drift::Kind::unexpected);
}

TEST_CASE("of a table that is missing its parts go without saying", "[unit][db][doctor]") {
    auto actual = expected;
    std::erase_if(actual.objects,
                  [](const auto& object) { return object.name.starts_with("leases"); });
    const auto missing = compare(expected, actual);
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].object.kind == "table");
    const auto unexpected = compare(actual, expected);
    REQUIRE(unexpected.size() == 1);
    CHECK(unexpected[0].object.name == "leases");
}

TEST_CASE("bodies of views are compared on the same server version only", "[unit][db][doctor]") {
    auto actual = changed(expected, "inbox", "columns 1 body 3");
    CHECK(compare(expected, actual).size() == 1);
    actual.major = 17;
    CHECK(compare(expected, actual).empty());
    CHECK(compare(expected, changed(actual, "inbox", "columns 2 body 2")).size() == 1);
}

} // namespace agentcron::db
