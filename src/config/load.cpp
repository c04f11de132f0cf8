#include "base/unique_fd.hpp"
#include "config/config.hpp"
#include "config/error_list.hpp"
#include "config/read.hpp"
#include "config/source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <system_error>

namespace agentcron::config {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t file_bytes_max = 8 << 20;

std::string reason(int error) {
    return std::generic_category().message(error);
}
Error about(const fs::path& file, std::string message) {
    return {file, 0, 0, std::move(message)};
}
Error unreadable(const fs::path& file, const std::string& why) {
    return about(file, fmt::format("cannot be read: {}", why));
}

// Opened without waiting: a FIFO would hang the daemon before it could say what is wrong.
base::Result<std::string, Error> read_text(const fs::path& file) {
    const base::UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (!fd || ::fstat(fd.get(), &status) != 0) return unreadable(file, reason(errno));
    if (!S_ISREG(status.st_mode)) return about(file, "is not a regular file");
    std::string text;
    for (char buffer[64 * 1024];;) {
        const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return unreadable(file, reason(errno));
        if (count == 0) return {boost::system::in_place_value, std::move(text)};
        text.append(buffer, static_cast<std::size_t>(count));
        if (text.size() > file_bytes_max)
            return about(file, fmt::format("is larger than {} MiB", file_bytes_max >> 20));
    }
}

base::Result<Source, Error> read_source(const fs::path& file) {
    auto text = read_text(file);
    if (!text) return text.error();
    // Not the target of a link to the file: such links are swapped, and their targets removed.
    std::error_code error;
    const fs::path directory = fs::canonical(fs::absolute(file).parent_path(), error);
    if (error) return unreadable(file, error.message());
    return Source(file, directory, std::move(*text));
}

// Files whose names start with a dot are editors' scratch files.
bool is_configuration_file(const fs::path& file) {
    const std::string extension = file.extension().string();
    return (extension == ".yaml" || extension == ".yml") &&
           !file.filename().string().starts_with('.');
}

base::Result<std::vector<fs::path>, Error> files_of(const fs::path& path) {
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (!fs::exists(status)) return unreadable(path, error ? error.message() : reason(ENOENT));
    if (!fs::is_directory(status)) return std::vector{path};
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
        if (is_configuration_file(entry->path())) files.push_back(entry->path());
    }
    if (error) return unreadable(path, error.message());
    if (files.empty()) {
        return about(path, "holds no *.yaml or *.yml file; put one there with the maps 'agents:' "
                           "and 'schedules:'");
    }
    std::sort(files.begin(), files.end());
    return files;
}

} // namespace

base::Result<Config, std::vector<Error>> load(const fs::path& path) {
    auto files = files_of(path);
    if (!files) return std::vector{files.error()};
    ErrorList errors;
    std::vector<Source> sources;
    for (const fs::path& file : *files) {
        if (auto source = read_source(file)) {
            sources.push_back(std::move(*source));
        } else {
            errors.add(source.error());
        }
    }
    const char* home = std::getenv("HOME");
    return read(sources, home ? home : "", std::move(errors));
}

} // namespace agentcron::config
