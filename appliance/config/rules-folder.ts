// Where an operator's platform rules are looked for when nobody says otherwise: for the setting, and for verbs that read none.

export const RULES_FOLDER = '/etc/weir/rules';
