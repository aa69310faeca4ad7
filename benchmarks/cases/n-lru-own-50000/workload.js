'use strict';
const MAX_PROFILES = 50_000;

class Profile {
  constructor(id) {
    this.id = id;
    this.seen = 1;
  }
}

const profiles = new Map();
let n = 0;

function profileOf(id) {
  let profile = profiles.get(id);
  if (profile) profiles.delete(id);
  else profile = new Profile(id);
  profiles.set(id, profile);
  if (profiles.size > MAX_PROFILES) profiles.delete(profiles.keys().next().value);
  return profile;
}

function iteration() {
  profileOf(n++);
}
module.exports = { iteration };
